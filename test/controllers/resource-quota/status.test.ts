import { expect } from 'chai';
import type { ResourceQuota } from '../../../src/api/core-v1/resource-quota.ts';
import { amountsOf } from '../../../src/apimachinery/amounts.ts';
import {
  afterCount,
  afterReturns,
  isCounted,
  type Count,
  type Return,
} from '../../../src/controllers/resource-quota/status.ts';
import { metadata } from '../objects.ts';

type Quantities = Record<string, string>;

const quota = (hard: Quantities, used?: Quantities, statusHard = hard): ResourceQuota => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: metadata('q'),
  spec: { hard },
  status: used ? { hard: statusHard, used } : {},
});
const back = (amounts: Quantities, revision = 5): Return => ({ kind: 'Pod', revision, amounts: amountsOf(amounts) });
const counted = (used: Quantities, revision = 10): Count => ({
  used: amountsOf(used),
  revisions: new Map([['Pod', revision]]),
});

describe('status of a quota', () => {
  it('gives back what was returned, of what is counted, down to nothing', () => {
    const one = quota({ pods: '5', cpu: '1' }, { pods: '3', cpu: '1' });
    const returned = [back({ pods: '1', cpu: '300m', memory: '1Gi' }), back({ pods: '1', cpu: '900m' })];
    expect(afterReturns(one, returned).used).to.deep.equal({ pods: '1', cpu: '0' });
  });

  const hard = { pods: '5' };
  const cases: [
    what: string,
    now: ResourceQuota,
    returned: Return[],
    count: Count,
    quiet: boolean,
    used: Quantities,
  ][] = [
    ['is what was counted at first', quota(hard), [], counted({ pods: '3' }), false, { pods: '3' }],
    ['rises to what was counted', quota(hard, { pods: '1' }), [], counted({ pods: '3' }), false, { pods: '3' }],
    [
      'stays while it may be charged for more',
      quota(hard, { pods: '4' }),
      [],
      counted({ pods: '3' }),
      false,
      { pods: '4' },
    ],
    ['falls when it is quiet', quota(hard, { pods: '4' }), [], counted({ pods: '3' }), true, { pods: '3' }],
    [
      'falls by what was returned in any case',
      quota(hard, { pods: '4' }),
      [back({ pods: '1' })],
      counted({ pods: '3' }),
      false,
      { pods: '3' },
    ],
    [
      'does not fall twice by what the count does not see any more',
      quota(hard, { pods: '3' }),
      [back({ pods: '1' }, 9)],
      counted({ pods: '2' }, 10),
      true,
      { pods: '2' },
    ],
    [
      'falls by what went after the count',
      quota(hard, { pods: '3' }),
      [back({ pods: '1' }, 11)],
      counted({ pods: '3' }, 10),
      true,
      { pods: '2' },
    ],
    [
      'knows only what is limited',
      quota(hard, { pods: '1', secrets: '3' }),
      [],
      counted({ pods: '1', secrets: '3' }),
      true,
      { pods: '1' },
    ],
  ];
  for (const [what, now, returned, count, quiet, used] of cases) {
    it(what, () => {
      const { status, unsettled } = afterCount(now, returned, count, quiet);
      expect(status).to.deep.equal({ hard, used });
      expect(unsettled).to.equal(what.startsWith('stays'));
    });
  }

  it('is complete when everything that can be counted was', () => {
    const countable = (name: string) => name !== 'x';
    expect(isCounted(quota({ pods: '1', x: '1' }, { pods: '0' }), countable)).to.equal(true);
    expect(isCounted(quota({ pods: '1', cpu: '1' }, { pods: '0' }), countable)).to.equal(false);
    expect(isCounted(quota({ pods: '1000m' }, { pods: '0' }, { pods: '1' }), countable)).to.equal(true);
    expect(isCounted(quota({ pods: '2' }, { pods: '0' }, { pods: '1' }), countable)).to.equal(false);
    expect(isCounted(quota({ pods: '2' }), countable)).to.equal(false);
  });
});

import { expect } from 'chai';
import type { ResourceQuota } from '../../../src/api/core-v1/resource-quota.ts';
import { amountsOf } from '../../../src/apimachinery/amounts.ts';
import { afterCount, isCounted } from '../../../src/controllers/resource-quota/status.ts';
import { metadata } from '../objects.ts';

type Quantities = Record<string, string>;

const quota = (hard: Quantities, used?: Quantities, statusHard = hard): ResourceQuota => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: metadata('q'),
  spec: { hard },
  status: used ? { hard: statusHard, used } : {},
});

describe('status of a quota', () => {
  const hard = { pods: '5' };
  const cases: [
    what: string,
    now: ResourceQuota,
    counted: Quantities,
    believeLess: boolean,
    used: Quantities,
    less: boolean,
  ][] = [
    ['is what was counted at first', quota(hard), { pods: '3' }, false, { pods: '3' }, false],
    ['rises to what was counted', quota(hard, { pods: '1' }), { pods: '3' }, false, { pods: '3' }, false],
    ['stays while it may be charged for more', quota(hard, { pods: '4' }), { pods: '3' }, false, { pods: '4' }, true],
    ['falls when that is believed', quota(hard, { pods: '4' }), { pods: '3' }, true, { pods: '3' }, true],
    [
      'knows only what is limited',
      quota(hard, { pods: '1', secrets: '3' }),
      { pods: '1', secrets: '3' },
      true,
      { pods: '1' },
      false,
    ],
    ['keeps what cannot be counted', quota(hard, { pods: '2' }), {}, true, { pods: '2' }, false],
  ];
  for (const [what, now, counted, believeLess, used, less] of cases) {
    it(what, () => {
      expect(afterCount(now, amountsOf(counted), believeLess)).to.deep.equal({ status: { hard, used }, less });
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

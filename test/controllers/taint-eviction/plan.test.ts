import { expect } from 'chai';
import { evictionTime, TaintTimes } from '../../../src/controllers/taint-eviction/plan.ts';
import { formatTime } from '../../../src/apimachinery/time.ts';
import { aNode, aPod, now } from '../objects.ts';

const taint = (key: string, value?: string) => ({ key, effect: 'NoExecute', ...(value && { value }) });

describe('taint eviction: plan', () => {
  const unreachable = taint('node.kubernetes.io/unreachable');
  const cases: [string, object[] | undefined, object[], number | undefined][] = [
    ['no taints', undefined, [], undefined],
    ['a taint that is not tolerated', undefined, [taint('x')], 0],
    ['a silent node, without the tolerations that every pod is given', undefined, [unreachable], 0],
    [
      'the first of two tolerations',
      [{ operator: 'Exists' }, { key: 'x', operator: 'Exists', tolerationSeconds: 10 }],
      [taint('x')],
      undefined,
    ],
    ['a toleration for ever', [{ key: 'x', operator: 'Exists' }], [taint('x')], undefined],
    ['a toleration for a time', [{ key: 'x', operator: 'Exists', tolerationSeconds: 10 }], [taint('x')], now + 10_000],
    ['a toleration for no time', [{ key: 'x', operator: 'Exists', tolerationSeconds: 0 }], [taint('x')], 0],
    [
      'the first of two tolerations, when the second is for ever',
      [{ key: 'x', operator: 'Exists', tolerationSeconds: 10 }, { operator: 'Exists' }],
      [taint('x')],
      now + 10_000,
    ],
    [
      'the shortest of two taints',
      [
        { key: 'x', operator: 'Exists', tolerationSeconds: 10 },
        { operator: 'Exists', tolerationSeconds: 20 },
      ],
      [unreachable, taint('x')],
      now + 10_000,
    ],
    ['a toleration of another value', [{ key: 'x', value: 'a' }], [taint('x', 'b')], 0],
    ['a toleration of this value', [{ key: 'x', value: 'b' }], [taint('x', 'b')], undefined],
    ['a toleration of another effect', [{ key: 'x', operator: 'Exists', effect: 'NoSchedule' }], [taint('x')], 0],
    ['a toleration of everything', [{ operator: 'Exists' }], [taint('x'), unreachable], undefined],
  ];
  for (const [name, tolerations, taints, expected] of cases) {
    it(`heeds ${name}`, () => {
      expect(evictionTime(aPod({ spec: { tolerations } }), taints as any, () => now)).to.equal(expected);
    });
  }

  it('gives a pod that came after the taint its whole time', () => {
    const conditions = [{ type: 'PodScheduled', status: 'True', lastTransitionTime: formatTime(now) }];
    const tolerations = [{ operator: 'Exists', tolerationSeconds: 300 }];
    const late = { ...aPod({ spec: { tolerations } }), status: { conditions } };
    expect(evictionTime(late, [unreachable], () => now - 3_600_000)).to.equal(now + 300_000);
    expect(evictionTime(late, [unreachable], () => now + 1000)).to.equal(now + 301_000);
  });

  it('counts from the time of a taint, or from when it was first seen', () => {
    const times = new TaintTimes();
    const node = aNode();
    const timed = { ...taint('a'), timeAdded: formatTime(now - 5000) };
    expect(times.of(node, [timed, taint('b')], now)(timed)).to.equal(now - 5000);
    expect(times.of(node, [timed, taint('b')], now + 9000)(taint('b'))).to.equal(now);
    times.of(node, [timed], now + 9000);
    expect(times.of(node, [taint('b')], now + 10_000)(taint('b'))).to.equal(now + 10_000);
  });
});

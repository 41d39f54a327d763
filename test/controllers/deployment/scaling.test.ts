import { expect } from 'chai';
import { mostUnavailable, rollingLimits } from '../../../src/controllers/deployment/limits.ts';
import {
  newSetSize,
  planResize,
  planRollingStep,
  planStopOld,
  wasResized,
  type Scaling,
  type Sets,
} from '../../../src/controllers/deployment/scaling.ts';
import { aDeployment, aSet, type SetOptions } from '../objects.ts';

type Limit = number | string;
const rolling = (replicas: number, maxSurge: Limit = '25%', maxUnavailable: Limit = '25%') =>
  aDeployment({ replicas, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } });

const sizes = (scalings: readonly Scaling[]) =>
  Object.fromEntries(scalings.map(({ set, replicas }) => [set.metadata.name, replicas]));

function sets(current: SetOptions | undefined, ...old: SetOptions[]): Sets {
  return {
    current: current && aSet({ name: 'new', ...current }),
    old: old.map((options, i) => aSet({ name: `old${i}`, image: `old:${i}`, age: 1000 - i, ...options })),
  };
}

describe('deployment: limits of a rolling update', () => {
  const cases: [number, Limit, Limit, number, number][] = [
    [4, '25%', '25%', 1, 1],
    [3, '25%', '25%', 1, 0],
    [10, '30%', '30%', 3, 3],
    [10, 2, 0, 2, 0],
    [10, 0, 0, 0, 1],
    [1, 0, '25%', 0, 1],
    [10, '100%', '0%', 10, 0],
  ];
  for (const [replicas, surge, unavailable, maxSurge, maxUnavailable] of cases) {
    it(`${surge} and ${unavailable} of ${replicas} are ${maxSurge} and ${maxUnavailable}`, () => {
      expect(rollingLimits(rolling(replicas, surge, unavailable))).to.deep.equal({ maxSurge, maxUnavailable });
    });
  }

  it('never has more unavailable than there are', () => {
    expect(mostUnavailable(rolling(2, 0, 5))).to.equal(2);
    expect(mostUnavailable(rolling(0, 0, 5))).to.equal(0);
  });
});

describe('deployment: a step of a rolling update', () => {
  const cases: [string, number, Limit, Limit, Sets, Record<string, number>][] = [
    [
      'first makes the new set as big as the surge allows',
      10,
      3,
      3,
      sets({ replicas: 0 }, { replicas: 10 }),
      { new: 3 },
    ],
    ['then shrinks the old', 10, 3, 3, sets({ replicas: 3, available: 0 }, { replicas: 10 }), { old0: 7 }],
    ['waits for availability', 10, 3, 3, sets({ replicas: 6, available: 0 }, { replicas: 7, available: 7 }), {}],
    [
      'goes on when new pods are available',
      10,
      3,
      3,
      sets({ replicas: 6, available: 3 }, { replicas: 7 }),
      { old0: 4 },
    ],
    ['ends with nothing to do', 3, 1, 0, sets({ replicas: 3 }, { replicas: 0 }), {}],
    ['shrinks a new set that is too big', 3, 1, 0, sets({ replicas: 5 }), { new: 3 }],
    [
      'removes unhealthy old pods first',
      10,
      0,
      3,
      sets({ replicas: 0 }, { replicas: 8, available: 8 }, { replicas: 4, available: 0 }),
      { old0: 7, old1: 0 },
    ],
    ['without surge first makes room', 3, 0, 1, sets({ replicas: 0 }, { replicas: 3 }), { old0: 2 }],
    ['without surge uses the room', 3, 0, 1, sets({ replicas: 0 }, { replicas: 2 }), { new: 1 }],
    ['keeps all old pods with no unavailability', 3, 1, 0, sets({ replicas: 1, available: 0 }, { replicas: 3 }), {}],
    ['takes one old pod for one new', 3, 1, 0, sets({ replicas: 1, available: 1 }, { replicas: 3 }), { old0: 2 }],
    [
      'takes from the oldest set first',
      4,
      2,
      0,
      sets({ replicas: 2, available: 2 }, { replicas: 2 }, { replicas: 2 }),
      { old0: 0 },
    ],
    ['stops everything for no replicas', 0, '25%', '25%', sets({ replicas: 2 }), { new: 0 }],
  ];
  for (const [name, replicas, surge, unavailable, given, expected] of cases) {
    it(name, () => {
      expect(sizes(planRollingStep(rolling(replicas, surge, unavailable), given))).to.deep.equal(expected);
    });
  }

  it('takes what does not work apart from what makes room', () => {
    const given = sets({ replicas: 0 }, { replicas: 8, available: 6 });
    const steps = planRollingStep(rolling(8, 0, 3), given).map(({ set, replicas }) => [set.metadata.name, replicas]);
    expect(steps).to.deep.equal([
      ['old0', 6],
      ['old0', 5],
    ]);
  });

  it('never breaks its limits on the way from one template to the next, whatever becomes available', () => {
    for (const [replicas, surge, unavailable] of [
      [10, 3, 3],
      [5, 1, 0],
      [5, 0, 1],
      [7, '100%', 0],
      [1, 0, 0],
    ] as const) {
      const deployment = rolling(replicas, surge, unavailable);
      const limits = rollingLimits(deployment);
      const state = sets({ replicas: 0 }, { replicas });
      const [current, old] = [state.current!, state.old[0]!];
      for (let round = 0; round < 100 && current.status!.availableReplicas !== replicas; round++) {
        for (const { set, replicas: next } of planRollingStep(deployment, state)) {
          set.spec!.replicas = next;
          set.status!.availableReplicas = Math.min(set.status!.availableReplicas!, next);
        }
        const total = current.spec!.replicas! + old.spec!.replicas!;
        expect(total).to.be.at.most(replicas + limits.maxSurge);
        const available = current.status!.availableReplicas! + old.status!.availableReplicas!;
        expect(available).to.be.at.least(replicas - limits.maxUnavailable);
        // One more new pod becomes available.
        current.status!.availableReplicas = Math.min(current.spec!.replicas!, current.status!.availableReplicas! + 1);
      }
      for (const { set, replicas: next } of planRollingStep(deployment, state)) set.spec!.replicas = next;
      expect([current.spec!.replicas, old.spec!.replicas]).to.deep.equal([replicas, 0]);
    }
  });
});

describe('deployment: the size of a new set', () => {
  it('is what the surge leaves room for', () => {
    expect(newSetSize(rolling(10, 3, 3), [aSet({ replicas: 10 })], 0)).to.equal(3);
    expect(newSetSize(rolling(10, 3, 3), [], 0)).to.equal(10);
    expect(newSetSize(rolling(10, 0, 3), [aSet({ replicas: 10 })], 0)).to.equal(0);
  });

  it('is all at once for Recreate', () => {
    const recreate = aDeployment({ replicas: 3, strategy: { type: 'Recreate' } });
    expect(newSetSize(recreate, [aSet({ replicas: 3 })], 0)).to.equal(3);
  });
});

describe('deployment: a change of size', () => {
  const noted = (desired: number, max: number) => ({
    'deployment.kubernetes.io/desired-replicas': String(desired),
    'deployment.kubernetes.io/max-replicas': String(max),
  });

  it('is seen by what running sets noted', () => {
    expect(wasResized(rolling(5), [aSet({ replicas: 3, annotations: noted(3, 4) })])).to.equal(true);
    expect(wasResized(rolling(3), [aSet({ replicas: 3, annotations: noted(3, 4) })])).to.equal(false);
    expect(wasResized(rolling(5), [aSet({ replicas: 0, annotations: noted(3, 4) })])).to.equal(false);
    expect(wasResized(rolling(5), [aSet({ replicas: 3 })])).to.equal(false);
  });

  const cases: [string, number, Sets, Record<string, number>][] = [
    ['goes to the only running set', 5, sets({ replicas: 3 }, { replicas: 0 }), { new: 5 }],
    ['goes to the only running set also when that is old', 5, sets({ replicas: 0 }, { replicas: 3 }), { old0: 5 }],
    ['goes to the new set when none runs', 5, sets({ replicas: 0 }, { replicas: 0 }), { new: 5 }],
    [
      'stops old sets when the new one has all it should',
      3,
      sets({ replicas: 3, annotations: noted(3, 4) }, { replicas: 2 }),
      { old0: 0 },
    ],
    // 10 replicas and a surge of 3 shared 5 to 8, now 15 and 3: five more, shared in proportion.
    [
      'is shared in proportion',
      15,
      sets({ replicas: 5, available: 2, annotations: noted(10, 13) }, { replicas: 8, annotations: noted(10, 13) }),
      { new: 7, old0: 11 },
    ],
    [
      'is shared when it shrinks',
      5,
      sets({ replicas: 5, available: 2, annotations: noted(10, 13) }, { replicas: 8, annotations: noted(10, 13) }),
      { new: 3, old0: 5 },
    ],
    [
      'takes all to nothing',
      0,
      sets({ replicas: 5, available: 2, annotations: noted(10, 13) }, { replicas: 8, annotations: noted(10, 13) }),
      { new: 0, old0: 0 },
    ],
  ];
  for (const [name, replicas, given, expected] of cases) {
    it(name, () => expect(sizes(planResize(rolling(replicas, 3, 3), given))).to.deep.equal(expected));
  }

  it('stops every old set for Recreate', () => {
    const { old } = sets(undefined, { replicas: 2 }, { replicas: 0 }, { replicas: 1 });
    expect(sizes(planStopOld(old))).to.deep.equal({ old0: 0, old2: 0 });
  });
});

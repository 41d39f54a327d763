import { expect } from 'chai';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import { planSet, type Step } from '../../../src/controllers/stateful-set/plan.ts';
import { maxUnavailable } from '../../../src/controllers/stateful-set/update-plan.ts';
import { aClaim, aMember, aStatefulSet, aView, type State } from './objects.ts';

const parallel = { podManagementPolicy: 'Parallel' };
const rolling = (rollingUpdate: object) => ({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } });

/** `ready:old` is a ready pod of the old revision, `-` none. */
function members(states: string, start = 0): Pod[] {
  const pods = states.split(' ').map((text, place) => {
    const [state, revision] = text.split(':');
    return text === '-' ? undefined : aMember(start + place, state as State, revision);
  });
  return pods.filter((pod) => pod !== undefined);
}

function inWords(step: Step): string {
  return step.do === 'create' ? `create ${step.ordinal} ${step.revision}` : `${step.do} ${step.pod.metadata.name}`;
}

const plan = (spec: object, pods: Pod[]) =>
  planSet(aView(aStatefulSet(spec), pods))
    .flat()
    .map(inWords);

describe('stateful set plan', () => {
  const cases: [string, object, string, string[]][] = [
    ['makes the first pod', {}, '-', ['create 0 update']],
    ['makes the next when those before are ready', {}, 'ready - ready', ['create 1 update']],
    ['waits for one that is not ready', {}, 'unready', []],
    ['waits for one that is going', {}, 'terminating ready ready', []],
    ['replaces one that failed, first of all', {}, 'ready failed -', ['recreate web-1']],
    ['replaces one that ended', {}, 'ended', ['recreate web-0']],
    ['is done when all are there', {}, 'ready ready ready', []],
    ['makes all at once in parallel', parallel, '- unready -', ['create 0 update', 'create 2 update']],
    ['makes none where one is going', parallel, 'terminating unready unready', []],
    ['begins with the first ordinal', { ordinals: { start: 4 } }, '-', ['create 4 update']],
    ['makes those below the partition of the current revision', rolling({ partition: 1 }), '-', ['create 0 current']],
    ['makes those from the partition on anew', rolling({ partition: 1 }), 'ready:old -', ['create 1 update']],
    ['removes the highest surplus pod', { replicas: 1 }, 'ready ready ready', ['delete web-2']],
    ['removes one after the other', { replicas: 1 }, 'ready ready terminating', []],
    [
      'removes all surplus pods in parallel',
      { ...parallel, replicas: 1 },
      'ready ready ready',
      ['delete web-2', 'delete web-1'],
    ],
    ['removes none while a kept one is not ready', { replicas: 1 }, 'unready ready', []],
    ['removes the highest also when it alone is not ready', { replicas: 1 }, 'ready ready unready', ['delete web-2']],
    ['waits when one below is not ready either', { replicas: 1 }, 'ready unready unready', []],
    ['does not wait for surplus pods that have ended', { replicas: 1 }, 'ready failed unready', ['delete web-2']],
    ['removes surplus pods that have ended', { replicas: 1 }, 'ready unready ended', ['delete web-2']],
    ['removes a ready one although one below is not', { replicas: 1 }, 'ready unready ready', ['delete web-2']],
    [
      'removes what is below the first ordinal',
      { replicas: 1, ordinals: { start: 1 } },
      'ready ready',
      ['delete web-0'],
    ],
    ['updates from the highest on', {}, 'ready:old ready:old ready:old', ['delete web-2']],
    ['updates the next when that is ready', {}, 'ready:old ready:old ready', ['delete web-1']],
    ['updates no further while that is not', {}, 'ready:old ready:old unready', []],
    ['updates to the partition', rolling({ partition: 2 }), 'ready:old ready:old ready', []],
    ['updates nothing with OnDelete', { updateStrategy: { type: 'OnDelete' } }, 'ready:old ready:old ready:old', []],
    ['removes before it updates', { replicas: 2 }, 'ready:old ready:old ready:old', ['delete web-2']],
    ['waits for a pod of a past revision that runs', {}, 'ready:old ready:old unready:bad', []],
    ['replaces a stuck pod of a past revision', {}, 'ready:old ready:old stuck:bad', ['delete web-2']],
    ['leaves a stuck pod of the right revision', {}, 'ready:old ready:old stuck', []],
    ['leaves a stuck pod below the partition', rolling({ partition: 3 }), 'ready:old stuck:old', []],
    ['leaves a stuck pod with OnDelete', { updateStrategy: { type: 'OnDelete' } }, 'stuck:bad', []],
    ['updates a broken pod in parallel', parallel, 'ready:old ready:old unready:bad', ['delete web-2']],
    ['updates one at a time in parallel too', parallel, 'ready:old ready:old unready', []],
    [
      'updates as many as may be down',
      rolling({ maxUnavailable: 2 }),
      'ready:old ready:old ready:old',
      ['delete web-2', 'delete web-1'],
    ],
    [
      'counts those that are down',
      { ...parallel, ...rolling({ maxUnavailable: 2 }) },
      'ready:old ready:old unready',
      ['delete web-1'],
    ],
    [
      'updates those first that are down anyway',
      { ...parallel, ...rolling({ maxUnavailable: 1 }) },
      'unready:old unready:old ready:old',
      ['delete web-1', 'delete web-0'],
    ],
    [
      'waits for those that are going',
      { ...parallel, ...rolling({ maxUnavailable: 1 }) },
      'ready:old ready:old terminating:old',
      [],
    ],
  ];
  for (const [name, spec, states, expected] of cases) {
    it(name, () => expect(plan(spec, members(states))).to.deep.equal(expected));
  }

  it('waits until pods have been ready for minReadySeconds', () => {
    expect(plan({ minReadySeconds: 61 }, members('ready -'))).to.deep.equal([]);
    expect(plan({ minReadySeconds: 60 }, members('ready -'))).to.deep.equal(['create 1 update']);
  });

  it('does nothing for a set that is being deleted', () => {
    const set = aStatefulSet({}, { meta: { deletionTimestamp: 'x' } });
    expect(planSet(aView(set, members('failed -')))).to.deep.equal([]);
  });

  it('does not lose itself in a size that nobody can have', () => {
    const huge = 2 ** 31 - 1;
    expect(plan({ replicas: huge }, members('ready'))).to.deep.equal(['create 1 update']);
    expect(plan({ ...parallel, replicas: huge }, members('ready:old'))).to.have.length(500);
  });

  describe('with claims', () => {
    const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: {} }];
    const volumes = (ordinal: number) => [
      { name: 'data', persistentVolumeClaim: { claimName: `data-web-${ordinal}` } },
    ];
    const podOwner = (uid: string) => [{ apiVersion: 'v1', kind: 'Pod', name: 'web-1', uid, controller: true }];
    const policy = (whenScaled: string) => ({
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled },
    });
    const withClaims = (replicas: number, whenScaled: string, pods: Pod[], claims: ReturnType<typeof aClaim>[]) => {
      const set = aStatefulSet({ replicas, volumeClaimTemplates, ...policy(whenScaled) });
      return planSet(aView(set, pods, claims)).map((phase) => phase.map(inWords));
    };
    const first = aMember(0, 'ready', 'new', { volumes: volumes(0) });
    const second = (state: State) => aMember(1, state, 'new', { volumes: volumes(1) });

    it('makes those that a pending pod lacks', () => {
      expect(withClaims(2, 'Retain', [first, second('pending')], [aClaim(0)])).to.deep.equal([['claims web-1']]);
      expect(withClaims(2, 'Retain', [first, second('pending')], [aClaim(0), aClaim(1)])).to.deep.equal([[]]);
    });

    it('gives those of a surplus pod to it before it is removed', () => {
      const phases = withClaims(1, 'Delete', [first, second('ready')], [aClaim(0), aClaim(1)]);
      expect(phases).to.deep.equal([[], ['own web-1'], ['delete web-1']]);
      const owned = aClaim(1, { ownerReferences: podOwner('web-1-uid') });
      expect(withClaims(1, 'Delete', [first, second('ready')], [aClaim(0), owned])).to.deep.equal([
        [],
        [],
        ['delete web-1'],
      ]);
    });

    it('looks for those of a surplus pod that it does not see', () => {
      expect(withClaims(1, 'Delete', [first, second('ready')], [])[1]).to.deep.equal(['own web-1']);
      expect(withClaims(1, 'Retain', [first, second('ready')], [])[1]).to.deep.equal([]);
    });

    it('waits with a pod whose claim goes with an earlier one', () => {
      const stale = aClaim(1, { ownerReferences: podOwner('earlier') });
      expect(withClaims(2, 'Delete', [first], [aClaim(0), stale])).to.deep.equal([[]]);
      expect(withClaims(2, 'Retain', [first], [aClaim(0), stale])).to.deep.equal([['create 1 update']]);
    });

    it('repairs a pod that does not have its volumes, and what follows does not wait', () => {
      const bare = aMember(0);
      expect(withClaims(2, 'Retain', [bare], [aClaim(0)])).to.deep.equal([['repair web-0', 'create 1 update']]);
    });
  });

  describe('how many may be down', () => {
    const limits: [number | string | undefined, number, number][] = [
      [undefined, 5, 1],
      [3, 5, 3],
      ['50%', 5, 2],
      ['10%', 5, 1],
    ];
    for (const [value, replicas, expected] of limits) {
      it(`is ${expected} for ${value} of ${replicas}`, () => {
        expect(maxUnavailable(aStatefulSet({ replicas, ...rolling({ maxUnavailable: value }) }))).to.equal(expected);
      });
    }
  });
});

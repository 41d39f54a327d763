import { expect } from 'chai';
import * as fc from 'fast-check';
import type { StatefulSet } from '../../../src/api/apps-v1/stateful-set.ts';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import { firstOrdinal, isWanted, ordinalOf, revisionOf } from '../../../src/controllers/stateful-set/identity.ts';
import { isOrdered, planSet, type Step } from '../../../src/controllers/stateful-set/plan.ts';
import { isHealthy, isTerminating } from '../../../src/controllers/stateful-set/replicas.ts';
import { maxUnavailable, partitionOf } from '../../../src/controllers/stateful-set/update-plan.ts';
import { now } from '../objects.ts';
import { aMember, aStatefulSet, aView, type State } from './objects.ts';

const states: State[] = ['ready', 'unready', 'pending', 'stuck', 'failed', 'ended', 'terminating'];

const anySet = fc
  .record({
    replicas: fc.nat(5),
    start: fc.nat(2),
    partition: fc.nat(4),
    type: fc.constantFrom('RollingUpdate', 'OnDelete'),
    podManagementPolicy: fc.constantFrom('OrderedReady', 'Parallel'),
    maxUnavailable: fc.constantFrom(undefined, 1, 2, '60%'),
  })
  .map(({ replicas, start, partition, type, podManagementPolicy, maxUnavailable: limit }) => {
    const rollingUpdate = { partition, ...(limit && { maxUnavailable: limit }) };
    const updateStrategy = type === 'OnDelete' ? { type } : { type, rollingUpdate };
    return aStatefulSet({ replicas, ordinals: { start }, podManagementPolicy, updateStrategy });
  });

const anyPods = (of: readonly State[] = states) =>
  fc
    .uniqueArray(fc.tuple(fc.nat(8), fc.constantFrom(...of), fc.constantFrom('old', 'new', 'older')), {
      selector: ([ordinal]) => ordinal,
    })
    .map((all) => all.map(([ordinal, state, revision]) => aMember(ordinal, state, revision)));

const stepsOf = (set: StatefulSet, pods: Pod[]) => planSet(aView(set, pods)).flat();
const healthy = (set: StatefulSet, pod: Pod | undefined) => pod !== undefined && isHealthy(set, pod, now);

/** Calls `check` with any set, any pods, and what is planned for them. */
function always(check: (set: StatefulSet, pods: Pod[], steps: Step[]) => void): void {
  fc.assert(fc.property(anySet, anyPods(), (set, pods) => check(set, pods, stepsOf(set, pods))));
}

describe('a stateful set plan in general', () => {
  it('never makes a pod whose name is taken, nor one that is not wanted', () => {
    always((set, pods, steps) => {
      const taken = pods.map(ordinalOf);
      for (const step of steps) {
        if (step.do !== 'create') continue;
        expect(taken).to.not.include(step.ordinal);
        expect(isWanted(set, step.ordinal)).to.equal(true);
      }
    });
  });

  it('never removes a pod twice, nor one that is going', () => {
    always((_, __, steps) => {
      const removed = steps.flatMap((step) => (step.do === 'delete' || step.do === 'recreate' ? [step.pod] : []));
      expect(new Set(removed).size).to.equal(removed.length);
      expect(removed.some(isTerminating)).to.equal(false);
    });
  });

  it('makes a pod, when ordered, only after all before it are healthy, and does nothing else then', () => {
    always((set, pods, steps) => {
      const [step] = steps.filter((one) => one.do === 'create');
      if (!step || !isOrdered(set)) return;
      expect(steps).to.deep.equal([step]);
      for (let ordinal = firstOrdinal(set); ordinal < step.ordinal; ordinal++) {
        expect(
          healthy(
            set,
            pods.find((pod) => ordinalOf(pod) === ordinal),
          ),
        ).to.equal(true);
      }
    });
  });

  it('removes surplus pods, when ordered, one by one from the top, and only from a healthy set', () => {
    always((set, pods, steps) => {
      const surplus = steps.filter((step) => step.do === 'delete' && !isWanted(set, ordinalOf(step.pod)));
      if (!isOrdered(set) || surplus.length === 0) return;
      expect(steps).to.have.length(1);
      const condemned = pods.map(ordinalOf).filter((ordinal) => !isWanted(set, ordinal));
      expect(steps).to.have.nested.property('[0].pod.metadata.name', `web-${Math.max(...condemned)}`);
      const kept = pods.filter((pod) => isWanted(set, ordinalOf(pod)));
      expect(kept.filter((pod) => healthy(set, pod))).to.have.length(set.spec!.replicas!);
    });
  });

  it('takes no more healthy pods down for an update than may be down, and none it need not', () => {
    always((set, pods, steps) => {
      const updated = steps.flatMap((step) =>
        step.do === 'delete' && isWanted(set, ordinalOf(step.pod)) ? [step.pod] : [],
      );
      for (const pod of updated) {
        const place = ordinalOf(pod) - firstOrdinal(set);
        expect(revisionOf(pod)).to.not.equal(place < partitionOf(set) ? 'old' : 'new');
        expect(set.spec!.updateStrategy!.type).to.equal('RollingUpdate');
      }
      const up = pods.filter((pod) => isWanted(set, ordinalOf(pod)) && healthy(set, pod));
      const down = updated.filter((pod) => healthy(set, pod));
      if (down.length === 0) return;
      for (const pod of down) expect(ordinalOf(pod)).to.be.at.least(firstOrdinal(set) + partitionOf(set));
      const mayStand = set.spec!.replicas! - maxUnavailable(set);
      const limited = isOrdered(set) || set.spec!.updateStrategy!.rollingUpdate!.maxUnavailable !== undefined;
      // Without a limit, parallel management takes one after the other whatever the rest does, as upstream does.
      if (limited) expect(up.length - down.length).to.be.at.least(mayStand);
      else expect(down).to.have.length(1);
    });
  });

  it('leads to the end, whatever the beginning, where pods do what is asked of them', () => {
    const whole = anySet.filter((set) => set.spec!.updateStrategy!.type === 'RollingUpdate');
    fc.assert(
      fc.property(whole, anyPods(), (set, before) => {
        // What cannot come up is repaired by an update only, which reaches neither surplus pods nor those before the partition.
        const reached = (pod: Pod) => partitionOf(set) === 0 && isWanted(set, ordinalOf(pod));
        let pods = before.map((pod) => (reached(pod) ? progressed(pod) : progressed(pod, true)));
        for (let round = 0; round < 60; round++) pods = afterRound(set, pods);
        expect(stepsOf(set, pods)).to.deep.equal([]);
        expect(pods.map(ordinalOf).sort()).to.deep.equal(
          Array.from({ length: set.spec!.replicas! }, (_, i) => firstOrdinal(set) + i),
        );
        const free = pods.filter((pod) => ordinalOf(pod) >= firstOrdinal(set) + partitionOf(set));
        for (const pod of free) expect(revisionOf(pod)).to.equal('new');
      }),
      { numRuns: 60 },
    );
  });
});

/** What becomes of a pod when it is left to itself: only those that cannot come up stay as they are. */
function progressed(pod: Pod, comesUp = false): Pod {
  const isStuck = !comesUp && pod.status?.containerStatuses !== undefined && revisionOf(pod) !== 'new';
  if (isStuck || ['Failed', 'Succeeded'].includes(pod.status!.phase!) || isTerminating(pod)) return pod;
  return aMember(ordinalOf(pod), 'ready', revisionOf(pod));
}

/** The pods when the plan was carried out, all pods have got on, and those that were going are gone. */
function afterRound(set: StatefulSet, pods: readonly Pod[]): Pod[] {
  const next = new Map(
    pods
      .filter((pod) => !isTerminating(pod))
      .map((pod) => [ordinalOf(pod), progressed(pod, !isWanted(set, ordinalOf(pod)))]),
  );
  for (const step of stepsOf(set, [...pods])) {
    if (step.do === 'create')
      next.set(step.ordinal, aMember(step.ordinal, 'ready', { current: 'old', update: 'new' }[step.revision]));
    if (step.do === 'delete' || step.do === 'recreate')
      next.set(ordinalOf(step.pod), aMember(ordinalOf(step.pod), 'terminating'));
  }
  return [...next.values()];
}

import type { DaemonSet } from '../../api/apps-v1/daemon-set.ts';
import { availableAt, isPodAvailable, isPodReady } from '../pod-state.ts';
import type { Daemons } from './plan.ts';

export type DaemonSetStatus = NonNullable<DaemonSet['status']>;

/** Counts the nodes that should have a daemon, that have one, and how these do; of several on a node the first counts. */
export function daemonSetStatus(daemons: Daemons, now: number): DaemonSetStatus {
  const counts = count(daemons, now);
  const { conditions } = daemons.set.status ?? {};
  const numberUnavailable = counts.desiredNumberScheduled - counts.numberAvailable;
  return { ...counts, numberUnavailable, ...(conditions && { conditions }) };
}

/** Milliseconds until the next ready daemon counts as available; undefined when none is on its way. */
export function untilAvailable({ set, byNode }: Daemons, now: number): number | undefined {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  let soonest: number | undefined;
  for (const pods of byNode.values()) {
    for (const pod of pods) {
      const wait = (availableAt(pod, minReadySeconds) ?? 0) - now;
      if (wait > 0 && (soonest === undefined || wait < soonest)) soonest = wait;
    }
  }
  return soonest;
}

function count({ set, nodes, placement, byNode, isCurrent }: Daemons, now: number) {
  const counts = {
    desiredNumberScheduled: 0,
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    numberReady: 0,
    updatedNumberScheduled: 0,
    numberAvailable: 0,
  };
  for (const node of nodes) {
    const [pod] = byNode.get(node.metadata.name) ?? [];
    if (!placement(node).run) {
      if (pod) counts.numberMisscheduled++;
      continue;
    }
    counts.desiredNumberScheduled++;
    if (!pod) continue;
    counts.currentNumberScheduled++;
    if (isPodReady(pod)) counts.numberReady++;
    if (isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now)) counts.numberAvailable++;
    if (isCurrent(pod)) counts.updatedNumberScheduled++;
  }
  return counts;
}

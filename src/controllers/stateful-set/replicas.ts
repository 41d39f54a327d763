import type { StatefulSet } from '../../api/apps-v1/stateful-set.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { availableAt, isPodAvailable, isPodReady } from '../pod-state.ts';
import { firstOrdinal, isWanted, ordinalOf, wantedReplicas } from './identity.ts';

/** The pods of a set by the place they have in it: 0 is the lowest ordinal that the set wants. */
export interface Arrangement {
  /** How many places there are. */
  readonly size: number;
  /** Those who have one of them. */
  readonly replicas: ReadonlyMap<number, Pod>;
  /** Pods that the set wants no more, highest ordinal first. */
  readonly condemned: readonly Pod[];
}

/** Puts the members of a set in their places. */
export function arrange(set: StatefulSet, pods: readonly Pod[]): Arrangement {
  const replicas = new Map<number, Pod>();
  const condemned: Pod[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(pod);
    if (isWanted(set, ordinal)) replicas.set(ordinal - firstOrdinal(set), pod);
    else if (ordinal >= 0) condemned.push(pod);
  }
  condemned.sort((a, b) => ordinalOf(b) - ordinalOf(a));
  return { size: wantedReplicas(set), replicas, condemned };
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

export function isRunningAndReady(pod: Pod): boolean {
  return pod.status?.phase === 'Running' && isPodReady(pod);
}

/** Whether the pod runs, has been ready for the set's `minReadySeconds`, and stays. */
export function isHealthy(set: StatefulSet, pod: Pod, now: number): boolean {
  return !isTerminating(pod) && isRunningAndReady(pod) && isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now);
}

/** Reasons for which a container waits on its way up. All others say that it does not get up as it is. */
const ON_ITS_WAY = ['ContainerCreating', 'PodInitializing'];

/** Whether the pod will hardly become ready as it is: no node takes it, or a container cannot be started or kept up. */
export function isStuck(pod: Pod): boolean {
  const { conditions, initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  if (conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable')) return true;
  return [...initContainerStatuses, ...containerStatuses].some(({ state }) => {
    const reason = state?.waiting?.reason;
    return reason !== undefined && !ON_ITS_WAY.includes(reason);
  });
}

/** Milliseconds until the next ready pod counts as available; undefined when none is on its way. */
export function nextAvailable(set: StatefulSet, pods: readonly Pod[], now: number): number | undefined {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const waits = pods.map((pod) => (availableAt(pod, minReadySeconds) ?? 0) - now).filter((wait) => wait > 0);
  return waits.length > 0 ? Math.min(...waits) : undefined;
}

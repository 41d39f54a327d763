import type { StatefulSet } from '../../api/apps-v1/stateful-set.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { isPodAvailable } from '../pod-state.ts';
import { revisionOf, wantedReplicas } from './identity.ts';
import { isRunningAndReady, isTerminating } from './replicas.ts';

export type StatefulSetStatus = NonNullable<StatefulSet['status']>;

/** Names of the revisions that a set comes from and goes to, and how many names were found taken. */
export interface RevisionNames {
  readonly current: string;
  readonly update: string;
  readonly collisionCount: number;
}

/** The status of a set that has `pods`. Conditions are left as they are: they are nobody's, and so whoever's wrote them. */
export function statefulSetStatus(
  set: StatefulSet,
  { current, update, collisionCount }: RevisionNames,
  pods: readonly Pod[],
  now: number,
): StatefulSetStatus {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const ready = pods.filter(isRunningAndReady);
  const staying = pods.filter((pod) => !isTerminating(pod));
  const status: StatefulSetStatus = {
    replicas: pods.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isPodAvailable(pod, minReadySeconds, now)).length,
    currentReplicas: staying.filter((pod) => revisionOf(pod) === current).length,
    updatedReplicas: staying.filter((pod) => revisionOf(pod) === update).length,
    ...(current && { currentRevision: current }),
    ...(update && { updateRevision: update }),
    collisionCount,
    observedGeneration: set.metadata.generation ?? 0,
    ...(set.status?.conditions && { conditions: set.status.conditions }),
  };
  return isUpdated(set, status)
    ? { ...status, currentReplicas: status.updatedReplicas!, currentRevision: update }
    : status;
}

/** Whether a rolling update has reached all pods: then the set comes from where it went to. */
function isUpdated(set: StatefulSet, { replicas, readyReplicas, updatedReplicas }: StatefulSetStatus): boolean {
  const wanted = wantedReplicas(set);
  const all = replicas === wanted && readyReplicas === wanted && updatedReplicas === wanted;
  return all && set.spec?.updateStrategy?.type !== 'OnDelete';
}

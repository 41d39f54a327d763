import type { ReplicaSet } from '../../api/apps-v1/replica-set.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { selectorFromMap } from '../../apimachinery/label-selector.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { withCondition, withoutCondition, findCondition } from '../conditions.ts';
import type { PodKeeper } from './flavour.ts';
import { availableAt, isPodActive, isPodAvailable, isPodReady, isPodTerminal } from '../pod-state.ts';

export type ReplicaSetStatus = NonNullable<ReplicaSet['status']>;

/** What kept a replica set from making or removing pods. */
export interface ReplicaFailure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
}

/** The status of a set that controls `pods` (in whatever state they are). */
export function replicaSetStatus(
  set: PodKeeper,
  pods: readonly Pod[],
  failure: ReplicaFailure | undefined,
  now: number,
): ReplicaSetStatus {
  const active = pods.filter(isPodActive);
  const labels = selectorFromMap(set.spec?.template?.metadata?.labels);
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const conditions = failureConditions(set, failure, now);
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => labels.matches(pod.metadata.labels)).length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: active.filter((pod) => isPodAvailable(pod, minReadySeconds, now)).length,
    terminatingReplicas: pods.filter((pod) => pod.metadata.deletionTimestamp && !isPodTerminal(pod)).length,
    observedGeneration: set.metadata.generation ?? 0,
    ...(conditions.length > 0 && { conditions }),
  };
}

/** Milliseconds until the next ready pod counts as available; undefined when none is on its way. */
export function nextAvailable(set: PodKeeper, pods: readonly Pod[], now: number): number | undefined {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const waits = pods
    .filter(isPodActive)
    .map((pod) => (availableAt(pod, minReadySeconds) ?? 0) - now)
    .filter((wait) => wait > 0);
  return waits.length > 0 ? Math.min(...waits) : undefined;
}

function failureConditions(set: PodKeeper, failure: ReplicaFailure | undefined, now: number) {
  const conditions = set.status?.conditions;
  if (!failure) return withoutCondition(conditions, 'ReplicaFailure');
  if (findCondition(conditions, 'ReplicaFailure')) return [...conditions!];
  return withCondition(conditions, {
    type: 'ReplicaFailure',
    status: 'True',
    reason: failure.reason,
    message: failure.message,
    lastTransitionTime: formatTime(now),
  });
}

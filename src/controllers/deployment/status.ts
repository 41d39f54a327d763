import type { Deployment } from '../../api/apps-v1/deployment.ts';
import { formatTime, timeOrZero } from '../../apimachinery/time.ts';
import { findCondition, withCondition, withoutCondition } from '../conditions.ts';
import { mostUnavailable, wantedReplicas } from './limits.ts';
import { totalSize, type Sets } from './scaling.ts';

export type DeploymentStatus = NonNullable<Deployment['status']>;
export type DeploymentCondition = NonNullable<DeploymentStatus['conditions']>[number];

/** A deployment with a longer deadline than this has none. */
const NO_DEADLINE = 2 ** 31 - 1;

/** `Progressing` with this reason means that the rollout is done. */
export const completeReason = 'NewReplicaSetAvailable';

/** A condition that came to be at `now` (milliseconds since the epoch). */
export function condition(
  type: string,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
  now: number,
): DeploymentCondition {
  const time = formatTime(now);
  return { type, status, reason, message, lastUpdateTime: time, lastTransitionTime: time };
}

/** Whether lack of progress is to be told at some time. */
export function hasDeadline(deployment: Deployment): boolean {
  return (deployment.spec?.progressDeadlineSeconds ?? NO_DEADLINE) < NO_DEADLINE;
}

/** Counts and the Available condition; the other conditions stay as they are. */
export function countedStatus(deployment: Deployment, { current, old }: Sets, now: number): DeploymentStatus {
  const all = [...old, ...(current ? [current] : [])];
  const sum = (field: 'replicas' | 'readyReplicas' | 'availableReplicas' | 'terminatingReplicas') =>
    all.reduce((total, set) => total + (set.status?.[field] ?? 0), 0);
  const available = sum('availableReplicas');
  const { collisionCount, conditions } = deployment.status ?? {};
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum('replicas'),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: sum('readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, totalSize(all) - available),
    terminatingReplicas: sum('terminatingReplicas'),
    ...(collisionCount !== undefined && { collisionCount }),
    conditions: withCondition(conditions, availability(deployment, available, now)),
  };
}

function availability(deployment: Deployment, available: number, now: number): DeploymentCondition {
  const enough = available >= wantedReplicas(deployment) - mostUnavailable(deployment);
  return enough
    ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
    : condition(
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
        now,
      );
}

/** The status with what is known of the rollout: whether it moves, is done, is stuck, or meets failures. */
export function rolloutStatus(deployment: Deployment, sets: Sets, now: number): DeploymentStatus {
  const status = countedStatus(deployment, sets, now);
  let conditions = status.conditions!;
  if (!hasDeadline(deployment)) conditions = withoutCondition(conditions, 'Progressing');
  else conditions = withProgress(deployment, sets, { ...status, conditions }, now);
  const failure = replicaFailure(sets);
  conditions = failure ? withCondition(conditions, failure) : withoutCondition(conditions, 'ReplicaFailure');
  return { ...status, conditions };
}

function withProgress(
  deployment: Deployment,
  sets: Sets,
  status: DeploymentStatus,
  now: number,
): DeploymentCondition[] {
  const before = findCondition(status.conditions, 'Progressing');
  const done = status.replicas === status.updatedReplicas && before?.reason === completeReason;
  if (done) return status.conditions!;
  const { current } = sets;
  const who = current ? `ReplicaSet "${current.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, status)) {
    const next = condition('Progressing', 'True', completeReason, `${who} has successfully progressed.`, now);
    return withCondition(status.conditions, next);
  }
  if (isProgressing(deployment, status)) {
    const next = condition('Progressing', 'True', 'ReplicaSetUpdated', `${who} is progressing.`, now);
    // Replaced also when nothing but the time of the update changes: the deadline counts from it.
    if (before?.status === 'True') next.lastTransitionTime = before.lastTransitionTime;
    return [...withoutCondition(status.conditions, 'Progressing'), next];
  }
  if (!isOverdue(deployment, before, now)) return status.conditions!;
  const next = condition('Progressing', 'False', 'ProgressDeadlineExceeded', `${who} has timed out progressing.`, now);
  return withCondition(status.conditions, next);
}

/** Whether all replicas run the new template and are available, and nothing else runs. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = wantedReplicas(deployment);
  return (
    status.updatedReplicas === wanted &&
    status.replicas === wanted &&
    status.availableReplicas === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

/** Whether something moved since the status that the deployment shows. */
function isProgressing(deployment: Deployment, status: DeploymentStatus): boolean {
  const before = deployment.status ?? {};
  const oldOnes = (s: DeploymentStatus) => (s.replicas ?? 0) - (s.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    oldOnes(status) < oldOnes(before) ||
    (status.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function isOverdue(deployment: Deployment, progressing: DeploymentCondition | undefined, now: number): boolean {
  if (!progressing || progressing.reason === completeReason) return false;
  if (progressing.reason === 'ProgressDeadlineExceeded') return true;
  return now > deadline(deployment, progressing);
}

function deadline(deployment: Deployment, progressing: DeploymentCondition): number {
  return timeOrZero(progressing.lastUpdateTime) + deployment.spec!.progressDeadlineSeconds! * 1000;
}

/** Milliseconds until the rollout that `status` shows would be overdue; undefined when it cannot become so. */
export function untilOverdue(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const progressing = findCondition(status.conditions, 'Progressing');
  if (!hasDeadline(deployment) || deployment.spec?.paused || !progressing) return undefined;
  const settled = progressing.reason === completeReason || progressing.reason === 'ProgressDeadlineExceeded';
  if (settled || isComplete(deployment, status)) return undefined;
  // A second more, because times in objects have no fractions.
  return Math.max(1000, deadline(deployment, progressing) - now + 1000);
}

/** The failure of the new replica set, or of any other. */
function replicaFailure({ current, old }: Sets): DeploymentCondition | undefined {
  for (const set of [...(current ? [current] : []), ...old]) {
    const found = findCondition(set.status?.conditions, 'ReplicaFailure');
    if (!found) continue;
    const { lastTransitionTime: time, ...rest } = found;
    return { ...rest, lastUpdateTime: time, lastTransitionTime: time };
  }
  return undefined;
}

/** The Progressing condition that pausing or resuming calls for; undefined when it is right as it is. */
export function pauseCondition(deployment: Deployment, now: number): DeploymentCondition | undefined {
  if (!hasDeadline(deployment)) return undefined;
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  if (current?.reason === 'ProgressDeadlineExceeded') return undefined;
  const wasPaused = current?.reason === 'DeploymentPaused';
  if (deployment.spec?.paused && !wasPaused) {
    return condition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', now);
  }
  if (!deployment.spec?.paused && wasPaused) {
    return condition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', now);
  }
  return undefined;
}

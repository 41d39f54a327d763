import type { Pod } from '../../../api/core-v1/pod.ts';
import { podDisruptionBudget, type PodDisruptionBudget } from '../../../api/policy-v1/pod-disruption-budget.ts';
import { ApiError, forbiddenAccess } from '../../../apimachinery/api-error.ts';
import { selectorFromObject } from '../../../apimachinery/label-selector.ts';
import { formatTime } from '../../../apimachinery/time.ts';

type Status = NonNullable<PodDisruptionBudget['status']>;

/** Evictions that the disruption controller has not confirmed yet are remembered up to this number, as upstream. */
const mostDisrupted = 2000;
/** Seconds after which a client may ask again while the budget is being worked out. */
const askAgain = 10;
const condition = 'DisruptionAllowed';

/** Whether deleting the pod disrupts nothing any more, so that no budget is asked. */
export function bypassesBudgets({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp) return true;
  return ['Pending', 'Succeeded', 'Failed'].includes(status?.phase ?? '');
}

/** Whether a pod that bypasses budgets may still come to life, so that it must be deleted in the state it was seen in. */
export function mayStart({ metadata, status }: Pod): boolean {
  return !metadata.deletionTimestamp && status?.phase === 'Pending';
}

/** Whether the budget is about the pod. A selector that cannot be read selects nothing. */
export function covers(budget: PodDisruptionBudget, { metadata }: Pod): boolean {
  try {
    return selectorFromObject(budget.spec?.selector).matches(metadata.labels);
  } catch {
    return false;
  }
}

/** Whether a pod that is not ready may go without being counted: it is no part of what the budget keeps healthy. */
export function letsUnhealthyGo({ spec, status }: PodDisruptionBudget, pod: Pod): boolean {
  const ready = pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True');
  if (ready) return false;
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

/**
 * The budget's status after one more disruption, with the pod's name noted so that the disruption controller does not
 * count it as healthy before it is gone.
 * @throws ApiError TooManyRequests when the budget allows none
 */
export function charge(budget: PodDisruptionBudget, pod: string, now: number): Status {
  const { metadata, status } = budget;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) throw stillProcessed(metadata.name);
  const allowed = status?.disruptionsAllowed ?? 0;
  if (allowed < 0) throw refused(metadata.name, 'pdb disruptions allowed is negative');
  if (Object.keys(status?.disruptedPods ?? {}).length > mostDisrupted) {
    throw refused(metadata.name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  if (allowed === 0) throw violated(budget);
  const charged = {
    ...status!,
    disruptionsAllowed: allowed - 1,
    disruptedPods: { ...status!.disruptedPods, [pod]: formatTime(now) as unknown as Date & string },
  };
  return allowed === 1 ? exhausted(charged, now) : charged;
}

/** What is left of a budget without disruptions shows in its condition at once. */
function exhausted(status: Status, now: number): Status {
  const conditions = status.conditions ?? [];
  const before = conditions.find((c) => c.type === condition);
  const next = {
    type: condition,
    status: 'False',
    reason: 'InsufficientPods',
    message: '',
    lastTransitionTime: before?.status === 'False' ? before.lastTransitionTime : formatTime(now),
    ...(status.observedGeneration !== undefined && { observedGeneration: status.observedGeneration }),
  };
  return { ...status, conditions: [...conditions.filter((c) => c !== before), next] };
}

/** 429: the budget is newer than what has been worked out for it. */
export function stillProcessed(name: string): ApiError {
  return tooMany(`The disruption budget ${name} is still being processed by the server.`, askAgain);
}

function violated({ metadata: { name }, status }: PodDisruptionBudget): ApiError {
  const { currentHealthy = 0, desiredHealthy = 0, conditions } = status ?? {};
  const failed = conditions?.find((c) => c.type === condition && c.status === 'False' && c.reason === 'SyncFailed');
  if (failed) {
    const why = `because it failed sync: ${failed.message}`;
    return tooMany(`The disruption budget ${name} does not allow evicting pods currently ${why}`);
  }
  if (currentHealthy <= desiredHealthy) {
    const counts = `needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
    return tooMany(`The disruption budget ${name} ${counts}`);
  }
  return tooMany(`The disruption budget ${name} does not allow evicting pods currently`);
}

function tooMany(message: string, retryAfterSeconds?: number): ApiError {
  return new ApiError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message }],
    ...(retryAfterSeconds && { retryAfterSeconds }),
  });
}

function refused(name: string, why: string): ApiError {
  return forbiddenAccess({ group: podDisruptionBudget.group, plural: 'poddisruptionbudget' }, name, why);
}

import type { Pod } from '../../api/core-v1/pod.ts';
import type { PodDisruptionBudget } from '../../api/policy-v1/pod-disruption-budget.ts';
import { resolvePercent } from '../../apimachinery/int-or-string.ts';
import { controllerOf } from '../../apimachinery/object.ts';
import { formatTime, parseTime } from '../../apimachinery/time.ts';
import { updateCondition } from '../conditions.ts';
import { isPodReady } from '../pod-state.ts';

export type BudgetStatus = NonNullable<PodDisruptionBudget['status']>;

/** Milliseconds in which an evicted pod has to be on its way; then it counts as healthy again. */
const DELETION_TIMEOUT = 120_000;
const CONDITION = 'DisruptionAllowed';

/** What a budget comes to. */
export interface BudgetPlan {
  readonly status: BudgetStatus;
  /** Milliseconds after which evictions that did not happen have to be looked at again. */
  readonly after?: number;
  /** Pods that were to be evicted and still live. */
  readonly notDeleted: readonly Pod[];
}

/** How many pods are expected and how many of them have to stay healthy. */
export interface Need {
  readonly expected: number;
  readonly healthy: number;
}

/** Whether the budget is about shares of what the pods' owners want, so that their scales have to be known. */
export function needsScales({ spec }: PodDisruptionBudget): boolean {
  return spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === 'string';
}

/**
 * How many pods a budget expects and wants healthy. `scales` are the replicas that the owners of `pods` want, by uid;
 * they are asked for only where `needsScales`.
 * @throws Error when a share is no percentage
 */
export function needOf({ spec }: PodDisruptionBudget, pods: readonly Pod[], scales: ReadonlyMap<string, number>): Need {
  const { minAvailable, maxUnavailable } = spec ?? {};
  const wanted = () => scaleOf(pods, scales);
  if (maxUnavailable !== undefined) {
    const expected = wanted();
    return { expected, healthy: Math.max(0, expected - resolvePercent(maxUnavailable, expected, 'up')) };
  }
  if (minAvailable === undefined) return { expected: 0, healthy: 0 };
  if (typeof minAvailable === 'number') return { expected: pods.length, healthy: minAvailable };
  const expected = wanted();
  return { expected, healthy: resolvePercent(minAvailable, expected, 'up') };
}

/** What all owners of the pods want together. */
function scaleOf(pods: readonly Pod[], scales: ReadonlyMap<string, number>): number {
  const owners = new Set(pods.map((pod) => controllerOf(pod)?.uid ?? ''));
  let sum = 0;
  for (const owner of owners) sum += scales.get(owner) ?? 0;
  return sum;
}

/** The status of a budget that covers `pods` and needs so many of them. */
export function planBudget(budget: PodDisruptionBudget, pods: readonly Pod[], need: Need, now: number): BudgetPlan {
  const { disruptedPods, notDeleted, after } = awaited(budget, pods, now);
  const currentHealthy = pods.filter((pod) => isHealthy(pod, disruptedPods)).length;
  const spare = currentHealthy - need.healthy;
  const disruptionsAllowed = need.expected > 0 && spare > 0 ? spare : 0;
  const status: BudgetStatus = {
    currentHealthy,
    desiredHealthy: need.healthy,
    expectedPods: need.expected,
    disruptionsAllowed,
    ...(Object.keys(disruptedPods).length > 0 && { disruptedPods }),
    observedGeneration: budget.metadata.generation ?? 0,
  };
  const condition = disruptionsAllowed > 0 ? allowed('True', 'SufficientPods') : allowed('False', 'InsufficientPods');
  return {
    status: { ...status, conditions: withAllowed(budget, condition, status.observedGeneration, now) },
    notDeleted,
    ...(after !== undefined && { after }),
  };
}

/** The status of a budget that could not be worked out: it allows nothing and says why. */
export function failedStatus(budget: PodDisruptionBudget, why: string, now: number): BudgetStatus {
  const before = { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, ...budget.status };
  const condition = { ...allowed('False', 'SyncFailed'), message: why };
  const conditions = withAllowed(budget, condition, before.observedGeneration, now);
  return { ...before, disruptionsAllowed: 0, conditions };
}

/** The evictions that were allowed and have not happened yet, and those that took too long. */
function awaited({ status }: PodDisruptionBudget, pods: readonly Pod[], now: number) {
  const disruptedPods: NonNullable<BudgetStatus['disruptedPods']> = {};
  const notDeleted: Pod[] = [];
  let after: number | undefined;
  const noted = new Map(Object.entries(status?.disruptedPods ?? {}));
  for (const pod of pods) {
    const at = noted.get(pod.metadata.name);
    if (at === undefined || pod.metadata.deletionTimestamp) continue;
    const left = (parseTime(at) ?? 0) + DELETION_TIMEOUT - now;
    if (left < 0) {
      notDeleted.push(pod);
      continue;
    }
    disruptedPods[pod.metadata.name] = at;
    after = Math.min(after ?? left, left);
  }
  // At the very last moment it still counts as awaited, so the next look is just behind that.
  return { disruptedPods, notDeleted, after: after === undefined ? undefined : after + 1 };
}

function isHealthy(pod: Pod, disrupted: Readonly<Record<string, unknown>>): boolean {
  if (pod.metadata.deletionTimestamp || Object.hasOwn(disrupted, pod.metadata.name)) return false;
  return isPodReady(pod);
}

function allowed(status: 'True' | 'False', reason: string) {
  return { type: CONDITION, status, reason, message: '' };
}

/** The budget's conditions with this one in place. */
function withAllowed(
  { status }: PodDisruptionBudget,
  next: ReturnType<typeof allowed>,
  observedGeneration: number | undefined,
  now: number,
): NonNullable<BudgetStatus['conditions']> {
  const observed = observedGeneration ? { observedGeneration } : {};
  return updateCondition(status?.conditions, { ...next, ...observed, lastTransitionTime: formatTime(now) });
}

import type { Job } from '../../api/batch-v1/job.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { deletionOrder } from '../replica-set/rank.ts';
import { remaining } from './backoff.ts';
import { firstMissing, indexesOf, noIndexes, union } from './indexes.ts';
import { indexOf, isIndexed, isTerminating, replacesFailedOnly } from './job-pods.ts';
import { countsPerIndex, type JobState } from './job-state.ts';
import { BURST } from './names.ts';
import { indexBackoff } from './per-index.ts';

/** A pod to be made: for which index, and which failed one it replaces, when the job counts by index. */
export interface NewPod {
  readonly index?: number;
  readonly replaces?: Pod | undefined;
}

/** What a job does about its pods: it makes some or removes some, never both at once. */
export interface PodPlan {
  readonly create: readonly NewPod[];
  readonly remove: readonly Pod[];
  /** Milliseconds until more pods may be made. */
  readonly after?: number | undefined;
}

/** Compares the active pods of a job that goes on with what its parallelism and completions want. */
export function planPods(state: JobState): PodPlan {
  const { job, active } = state;
  if (job.spec?.suspend) return { create: [], remove: active };
  const wanted = wantedActive(state);
  const remove = removable(state, Math.max(0, active.length - wanted)).slice(0, BURST);
  if (remove.length > 0) return { create: [], remove };
  const terminating = replacesFailedOnly(job) ? state.pods.filter(isTerminating).length : 0;
  return planCreation(state, wanted - terminating - active.length);
}

/** A job without completions is a work queue: after the first success it starts nothing more. */
function wantedActive({ job, active, succeeded }: JobState): number {
  const { parallelism = 1, completions } = job.spec!;
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.min(parallelism, Math.max(0, completions - succeeded));
}

/** At least `count` pods to remove: first those whose index is wrong or has another pod. */
function removable({ job, active, now }: JobState, count: number): Pod[] {
  if (!isIndexed(job)) return count === 0 ? [] : deletionOrder(active, [], now).slice(0, count);
  const [surplus, rest] = surplusOfIndexes(job, active, now);
  const more = count - surplus.length;
  return more <= 0 ? surplus : [...surplus, ...deletionOrder(rest, [], now).slice(0, more)];
}

function surplusOfIndexes(job: Job, active: readonly Pod[], now: number): [surplus: Pod[], rest: Pod[]] {
  const byIndex = Map.groupBy(active, (pod) => indexOf(pod, job));
  const surplus: Pod[] = [...(byIndex.get(undefined) ?? [])];
  const rest: Pod[] = [];
  for (const [index, pods] of byIndex) {
    if (index === undefined) continue;
    const ordered = pods.length > 1 ? deletionOrder(pods, [], now) : pods;
    surplus.push(...ordered.slice(0, -1));
    rest.push(ordered.at(-1)!);
  }
  return [surplus, rest];
}

function planCreation(state: JobState, missing: number): PodPlan {
  const { job, now, nextBackoff } = state;
  if (missing <= 0) return { create: [], remove: [] };
  const count = Math.min(missing, BURST);
  if (countsPerIndex(job)) return planByIndex(state, count);
  const after = remaining(nextBackoff, now);
  if (after > 0) return { create: [], remove: [], after };
  if (!isIndexed(job)) return { create: Array.from({ length: count }, () => ({})), remove: [] };
  return { create: openIndexes(state, count).map((index) => ({ index })), remove: [] };
}

/** Every index waits for itself. */
function planByIndex(state: JobState, count: number): PodPlan {
  const create: NewPod[] = [];
  let after: number | undefined;
  for (const index of openIndexes(state, count)) {
    const replaces = state.replaced.get(index);
    const wait = indexBackoff(replaces, state.now);
    if (wait === 0) create.push({ index, replaces });
    else after = Math.min(wait, after ?? Infinity);
  }
  return { create, remove: [], after };
}

function openIndexes({ job, active, pods, succeededIndexes, failedIndexes }: JobState, count: number): number[] {
  const busy = replacesFailedOnly(job) ? [...active, ...pods.filter(isTerminating)] : active;
  const indexes = busy.map((pod) => indexOf(pod, job)).filter((index) => index !== undefined);
  const taken = union(union(succeededIndexes, indexesOf(indexes)), failedIndexes ?? noIndexes);
  return firstMissing(taken, count, job.spec!.completions!);
}

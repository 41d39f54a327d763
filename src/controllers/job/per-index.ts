import type { Job } from '../../api/batch-v1/job.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { remaining } from './backoff.ts';
import { isCounted, verdictOf } from './failure-policy.ts';
import { indexesOf, parseIndexes, union, type Indexes } from './indexes.ts';
import { countIn, finishTime, indexOf, isPodFailed } from './job-pods.ts';
import { failureCount, ignoredFailureCount } from './names.ts';

/** The indexes that failed for good (KEP-3850): those that the status shows, and those whose last pod was one too many. */
export function failedIndexesOf(job: Job, tracked: readonly Pod[]): Indexes {
  const known = parseIndexes(job.status?.failedIndexes, job.spec?.completions ?? 0);
  const more = tracked.filter((pod) => failsIndex(job, pod)).map((pod) => indexOf(pod, job));
  return union(known, indexesOf(more.filter((index) => index !== undefined)));
}

function failsIndex(job: Job, pod: Pod): boolean {
  if (!isPodFailed(pod, job)) return false;
  const action = verdictOf(job, pod)?.action;
  if (action === 'FailIndex') return true;
  return action !== 'Ignore' && countIn(pod, failureCount) >= job.spec!.backoffLimitPerIndex!;
}

/**
 * For each open index, the failed pod to be replaced: the one with the most failures behind it. It keeps its finalizer
 * until the new pod carries its counts on, so that they are not lost with it.
 */
export function replacedPods(
  job: Job,
  tracked: readonly Pod[],
  open: (index: number) => boolean,
): ReadonlyMap<number, Pod> {
  const found = new Map<number, Pod>();
  for (const pod of tracked) {
    const index = isPodFailed(pod, job) ? indexOf(pod, job) : undefined;
    if (index === undefined || !open(index)) continue;
    const other = found.get(index);
    if (!other || isLater(pod, other)) found.set(index, pod);
  }
  return found;
}

function isLater(pod: Pod, other: Pod): boolean {
  const more = failuresOf(pod) - failuresOf(other);
  return more > 0 || (more === 0 && finishTime(pod) >= finishTime(other));
}

function failuresOf(pod: Pod): number {
  return countIn(pod, failureCount) + countIn(pod, ignoredFailureCount);
}

/** Milliseconds until the pod that takes the place of `pod` may be made. */
export function indexBackoff(pod: Pod | undefined, now: number): number {
  return pod ? remaining({ failures: failuresOf(pod) + 1, lastFailure: finishTime(pod) }, now) : 0;
}

/** The annotations with the counts of failures for the pod that takes the place of `pod`. */
export function failureAnnotations(job: Job, pod: Pod | undefined): Record<string, string> {
  if (!pod) return { [failureCount]: '0' };
  const ignored = isCounted(job, pod) ? 0 : 1;
  const ignoredFailures = countIn(pod, ignoredFailureCount) + ignored;
  return {
    [failureCount]: String(countIn(pod, failureCount) + 1 - ignored),
    ...(ignoredFailures > 0 && { [ignoredFailureCount]: String(ignoredFailures) }),
  };
}

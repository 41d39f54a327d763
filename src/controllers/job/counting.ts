import type { Pod } from '../../api/core-v1/pod.ts';
import { isCounted } from './failure-policy.ts';
import { countOf, formatIndexes, hasIndex, indexesOf, union } from './indexes.ts';
import type { Outcome } from './job-conditions.ts';
import { indexOf, isIndexed, isPodFailed } from './job-pods.ts';
import type { JobState, JobStatus } from './job-state.ts';
import { BURST } from './names.ts';

/**
 * How ended pods get into the counts, in two steps so that none is counted twice or lost (KEP-2307): first the status
 * names the pods in `uncountedTerminatedPods`, then their finalizers go, and only then the counts take them in. Of pods
 * with an index, the index in `completedIndexes` is what is known of a success.
 */
export interface Counting {
  /** What to write before any finalizer goes. */
  readonly status: JobStatus;
  /** Whose finalizers then go. */
  readonly untrack: readonly Pod[];
  /** Whether there are more pods than are counted in one go. */
  readonly more: boolean;
}

/** @param ending the job's outcome, once its active pods have been removed: then every pod that is left is let go */
export function planCounting(state: JobState, ending: Outcome | undefined, status: JobStatus): Counting {
  const { tracked } = state;
  const taken = leftOver(status, tracked);
  const untrack: Pod[] = [];
  const indexes = new Set<number>();
  const [succeeded, failed] = [new Set(taken.succeeded), new Set(taken.failed)];
  let more = false;
  for (const pod of tracked) {
    if (!isLetGo(state, ending, pod)) continue;
    untrack.push(pod);
    const as = countedAs(state, ending, pod, failed);
    if (as === 'failed') failed.add(pod.metadata.uid);
    else if (as === 'succeeded') succeeded.add(pod.metadata.uid);
    else if (as !== undefined) indexes.add(as);
    more = indexes.size + succeeded.size + failed.size >= BURST;
    if (more) break;
  }
  const counted = { ...status, ...taken.counts, uncountedTerminatedPods: uncountedOf([...succeeded], [...failed]) };
  return { status: isIndexed(state.job) ? withIndexes(state, counted, indexes) : counted, untrack, more };
}

/** The status with the counts of those pods that no longer have a finalizer. */
export function settled(status: JobStatus, stillTracked: ReadonlySet<string>, indexed: boolean): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const [waitingSucceeded, waitingFailed] = [succeeded, failed].map((uids) =>
    uids.filter((uid) => stillTracked.has(uid)),
  );
  const newlySucceeded = indexed ? 0 : succeeded.length - waitingSucceeded!.length;
  return {
    ...status,
    succeeded: (status.succeeded ?? 0) + newlySucceeded,
    failed: (status.failed ?? 0) + failed.length - waitingFailed!.length,
    uncountedTerminatedPods: uncountedOf(waitingSucceeded!, waitingFailed!),
  };
}

/** Whether the status still names pods that the counts do not have. */
export function isUncounted({ uncountedTerminatedPods: uncounted }: JobStatus): boolean {
  return Boolean(uncounted?.succeeded?.length || uncounted?.failed?.length);
}

function uncountedOf(succeeded: string[], failed: string[]): NonNullable<JobStatus['uncountedTerminatedPods']> {
  return { ...(succeeded.length > 0 && { succeeded }), ...(failed.length > 0 && { failed }) };
}

/** What an earlier round left: pods whose finalizers have gone meanwhile enter the counts now. */
function leftOver(status: JobStatus, tracked: readonly Pod[]) {
  const uids = new Set(tracked.map(({ metadata }) => metadata.uid));
  const { succeeded, failed, uncountedTerminatedPods: uncounted } = settled(status, uids, false);
  return { counts: { succeeded, failed }, succeeded: uncounted?.succeeded, failed: uncounted?.failed };
}

function isLetGo({ job, replaced }: JobState, ending: Outcome | undefined, pod: Pod): boolean {
  if (job.metadata.deletionTimestamp || ending || pod.status?.phase === 'Succeeded') return true;
  if (!isPodFailed(pod, job)) return false;
  const index = indexOf(pod, job);
  return index === undefined || replaced.get(index) !== pod;
}

/** As what a pod that is let go enters the status, if it is not there yet. */
function countedAs(
  { job, knownIndexes }: JobState,
  ending: Outcome | undefined,
  pod: Pod,
  failed: ReadonlySet<string>,
): 'succeeded' | 'failed' | number | undefined {
  const indexed = isIndexed(job);
  const index = indexed ? indexOf(pod, job) : undefined;
  if (failed.has(pod.metadata.uid) || (indexed && index === undefined)) return undefined;
  if (pod.status?.phase === 'Succeeded') {
    if (index === undefined) return 'succeeded';
    return hasIndex(knownIndexes, index) ? undefined : index;
  }
  if (!isPodFailed(pod, job) && ending?.type !== 'FailureTarget') return undefined;
  return isCounted(job, pod) ? 'failed' : undefined;
}

function withIndexes(state: JobState, status: JobStatus, fresh: ReadonlySet<number>): JobStatus {
  const completed = union(state.knownIndexes, indexesOf(fresh));
  const { completedIndexes: _, ...rest } = status;
  return {
    ...rest,
    succeeded: countOf(completed),
    ...(completed.length > 0 && { completedIndexes: formatIndexes(completed) }),
    ...(state.failedIndexes && { failedIndexes: formatIndexes(state.failedIndexes) }),
  };
}

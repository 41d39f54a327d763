import type { Job } from '../../api/batch-v1/job.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { isPodActive } from '../pod-state.ts';
import { advance, noFailures, type BackoffRecord } from './backoff.ts';
import { isCounted } from './failure-policy.ts';
import { countOf, hasIndex, indexesOf, noIndexes, parseIndexes, union, type Indexes } from './indexes.ts';
import { indexOf, isIndexed, isPodFailed, isTracked } from './job-pods.ts';
import { failedIndexesOf, replacedPods } from './per-index.ts';

export type JobStatus = NonNullable<Job['status']>;

/** What a reconciler sees of a job. */
export interface Observed {
  readonly job: Job;
  /** What the job controls, in whatever state. */
  readonly pods: readonly Pod[];
  /** Uids of pods whose finalizer was removed, though the local copy does not show it yet. */
  readonly untracked: ReadonlySet<string>;
  /** Whether the local copy shows all own creations and deletions. */
  readonly caughtUp: boolean;
  /** What is remembered of failures; undefined: nothing, as after a start. */
  readonly backoff: BackoffRecord | undefined;
  readonly now: number;
}

/** What follows from it, computed once. */
export interface JobState extends Observed {
  readonly active: readonly Pod[];
  /** Pods that still have to be counted, those with a lower index first. */
  readonly tracked: readonly Pod[];
  readonly succeeded: number;
  readonly failed: number;
  /** Indexes that succeeded: those that the status shows, and with those of pods still to be counted. */
  readonly knownIndexes: Indexes;
  readonly succeededIndexes: Indexes;
  /** Undefined when the job does not count failures by index. */
  readonly failedIndexes: Indexes | undefined;
  /** By index, failed pods that stay until their replacement has taken over their count of failures. */
  readonly replaced: ReadonlyMap<number, Pod>;
  readonly nextBackoff: BackoffRecord;
}

export function countsPerIndex({ spec }: Job): boolean {
  return spec?.backoffLimitPerIndex !== undefined;
}

export function stateOf(observed: Observed): JobState {
  const { job, pods, untracked } = observed;
  const { status = {} } = job;
  const tracked = pods.filter((pod) => isTracked(pod) && !untracked.has(pod.metadata.uid));
  const fresh = freshlyEnded(job, tracked);
  const active = pods.filter(isPodActive);
  const uncounted = status.uncountedTerminatedPods;
  const counts = {
    succeeded: (status.succeeded ?? 0) + fresh.succeeded.length + (uncounted?.succeeded?.length ?? 0),
    failed:
      (status.failed ?? 0) +
      fresh.failed.filter((pod) => isCounted(job, pod)).length +
      (uncounted?.failed?.length ?? 0),
  };
  const nextBackoff = advance(observed.backoff ?? rebuilt(job, pods, fresh), fresh.succeeded, fresh.failed);
  const shared = { ...observed, active, nextBackoff };
  if (!isIndexed(job)) return { ...shared, tracked, ...counts, ...withoutIndexes };
  const ordered = [...tracked].sort((a, b) => (indexOf(a, job) ?? -1) - (indexOf(b, job) ?? -1));
  const indexes = indexesIn(job, ordered, active);
  return { ...shared, tracked: ordered, ...counts, ...indexes, succeeded: countOf(indexes.succeededIndexes) };
}

const withoutIndexes = {
  knownIndexes: noIndexes,
  succeededIndexes: noIndexes,
  failedIndexes: undefined,
  replaced: new Map<number, Pod>(),
};

function indexesIn(job: Job, tracked: readonly Pod[], active: readonly Pod[]) {
  const completions = job.spec?.completions ?? 0;
  const knownIndexes = parseIndexes(job.status?.completedIndexes, completions);
  const ended = tracked.filter((pod) => pod.status?.phase === 'Succeeded').map((pod) => indexOf(pod, job));
  const succeededIndexes = union(knownIndexes, indexesOf(ended.filter((index) => index !== undefined)));
  if (!countsPerIndex(job)) return { ...withoutIndexes, knownIndexes, succeededIndexes };
  const failedIndexes = failedIndexesOf(job, tracked);
  const busy = new Set(active.map((pod) => indexOf(pod, job)));
  const open = (index: number) =>
    !busy.has(index) && !hasIndex(succeededIndexes, index) && !hasIndex(failedIndexes, index);
  return { knownIndexes, succeededIndexes, failedIndexes, replaced: replacedPods(job, tracked, open) };
}

interface Ended {
  readonly succeeded: readonly Pod[];
  readonly failed: readonly Pod[];
}

/** Pods that have ended and stand in no count yet. */
function freshlyEnded(job: Job, tracked: readonly Pod[]): Ended {
  const uncounted = job.status?.uncountedTerminatedPods;
  const valid = isIndexed(job) ? tracked.filter((pod) => indexOf(pod, job) !== undefined) : tracked;
  const [succeeded, failed] = [new Set(uncounted?.succeeded), new Set(uncounted?.failed)];
  return {
    succeeded: valid.filter((pod) => pod.status?.phase === 'Succeeded' && !succeeded.has(pod.metadata.uid)),
    failed: valid.filter((pod) => isPodFailed(pod, job) && !failed.has(pod.metadata.uid)),
  };
}

/** A controller that was just started learns from the pods that are still there. */
function rebuilt(job: Job, pods: readonly Pod[], fresh: Ended): BackoffRecord {
  const seen = new Set<Pod>([...fresh.succeeded, ...fresh.failed]);
  const old = pods.filter((pod) => !seen.has(pod));
  const succeeded = old.filter((pod) => pod.status?.phase === 'Succeeded');
  return advance(
    noFailures,
    succeeded,
    old.filter((pod) => isPodFailed(pod, job)),
  );
}

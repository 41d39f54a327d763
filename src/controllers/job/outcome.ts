import type { Job } from '../../api/batch-v1/job.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { parseTime } from '../../apimachinery/time.ts';
import { verdictOf } from './failure-policy.ts';
import { countCommon, countOf, parseIndexes } from './indexes.ts';
import { jobCondition, type Outcome } from './job-conditions.ts';
import { isPodFailed } from './job-pods.ts';
import type { JobState } from './job-state.ts';

/**
 * Why the job has to end, if it has to: what its status already says, else failures by the pod failure policy, the
 * limit of failures, the deadline, failed indexes, and last the success policy. That all completions are reached is
 * another matter: it needs no pod to be removed.
 */
export function outcomeOf(state: JobState): Outcome | undefined {
  return announced(state.job) ?? byFailures(state) ?? byIndexes(state) ?? bySuccessPolicy(state);
}

/** Milliseconds until the job's deadline; undefined when it has none, or does not run. */
export function untilDeadline({ spec, status }: Job, now: number): number | undefined {
  const start = parseTime(status?.startTime);
  if (spec?.activeDeadlineSeconds === undefined || start === undefined || spec.suspend) return undefined;
  return start + spec.activeDeadlineSeconds * 1000 - now;
}

function announced(job: Job): Outcome | undefined {
  for (const type of ['SuccessCriteriaMet', 'FailureTarget'] as const) {
    const condition = jobCondition(job, type);
    if (condition) return { type, reason: condition.reason ?? '', message: condition.message ?? '' };
  }
  return undefined;
}

function byFailures({ job, pods, failed, now }: JobState): Outcome | undefined {
  const verdict = verdictAgainst(job, pods);
  if (verdict) return failure('PodFailurePolicy', verdict);
  if (failed > (job.spec?.backoffLimit ?? 6) || tooManyRestarts(job, pods)) {
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  const left = untilDeadline(job, now);
  if (left === undefined || left > 0) return undefined;
  return failure('DeadlineExceeded', 'Job was active longer than specified deadline');
}

function failure(reason: string, message: string): Outcome {
  return { type: 'FailureTarget', reason, message };
}

/** What the pod failure policy has to say against the job. */
function verdictAgainst(job: Job, pods: readonly Pod[]): string | undefined {
  if (!job.spec?.podFailurePolicy) return undefined;
  for (const pod of pods) {
    const verdict = isPodFailed(pod, job) ? verdictOf(job, pod) : undefined;
    if (verdict?.action === 'FailJob') return verdict.message;
  }
  return undefined;
}

/** Containers that restart in place count as failures while their pods run. */
function tooManyRestarts({ spec }: Job, pods: readonly Pod[]): boolean {
  if (spec?.template?.spec?.restartPolicy !== 'OnFailure') return false;
  const running = pods.filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending');
  const statuses = running.flatMap(({ status }) => [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ]);
  const restarts = statuses.reduce((sum, status) => sum + status.restartCount, 0);
  return restarts >= Math.max(1, spec.backoffLimit ?? 6);
}

function byIndexes({ job, failedIndexes, succeededIndexes }: JobState): Outcome | undefined {
  const failed = failedIndexes ? countOf(failedIndexes) : 0;
  if (failed === 0) return undefined;
  const { maxFailedIndexes, completions = 0 } = job.spec!;
  if (maxFailedIndexes !== undefined && failed > maxFailedIndexes) {
    return failure('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
  }
  const ended = failed + countOf(succeededIndexes);
  return ended >= completions ? failure('FailedIndexes', 'Job has failed indexes') : undefined;
}

/** The first rule of the success policy that is met (KEP-3998). */
function bySuccessPolicy({ job, succeededIndexes }: JobState): Outcome | undefined {
  if (succeededIndexes.length === 0) return undefined;
  const { successPolicy, completions = 0 } = job.spec!;
  const met = successPolicy?.rules.findIndex((rule) => {
    if (rule.succeededIndexes === undefined) return countOf(succeededIndexes) >= (rule.succeededCount ?? Infinity);
    const wanted = parseIndexes(rule.succeededIndexes, completions);
    return countCommon(wanted, succeededIndexes) >= (rule.succeededCount ?? countOf(wanted));
  });
  if (met === undefined || met < 0) return undefined;
  return { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: `Matched rules at index ${met}` };
}

import { formatTime } from '../../apimachinery/time.ts';
import type { Job } from '../../api/batch-v1/job.ts';
import type { JobStatus } from './job-state.ts';

type Condition = NonNullable<JobStatus['conditions']>[number];
export type ConditionType = 'Complete' | 'Failed' | 'FailureTarget' | 'SuccessCriteriaMet' | 'Suspended';

/** Why a job ends. It says so at once, and has its last condition when its pods are gone (KEP-3998). */
export interface Outcome {
  readonly type: 'FailureTarget' | 'SuccessCriteriaMet';
  readonly reason: string;
  readonly message: string;
}

export function jobCondition(job: Job, type: ConditionType): Condition | undefined {
  return job.status?.conditions?.find((condition) => condition.type === type && condition.status === 'True');
}

/** Whether the job has ended, well or not. */
export function isJobFinished(job: Job): boolean {
  return finishedCondition(job) !== undefined;
}

/** The condition with which the job has ended. */
export function finishedCondition(job: Job): Condition | undefined {
  return jobCondition(job, 'Complete') ?? jobCondition(job, 'Failed');
}

/** The list with a condition of this status: one that has it stays as it is. */
export function withJobCondition(
  conditions: readonly Condition[] | undefined,
  type: ConditionType,
  status: 'True' | 'False',
  why: { readonly reason: string; readonly message: string },
  now: number,
): Condition[] {
  const list = [...(conditions ?? [])];
  const at = list.findIndex((condition) => condition.type === type);
  if (list[at]?.status === status) return list;
  const time = formatTime(now);
  const { reason, message } = why;
  const next = { type, status, reason, message, lastProbeTime: time, lastTransitionTime: time };
  if (at < 0) return [...list, next];
  return list.with(at, next);
}

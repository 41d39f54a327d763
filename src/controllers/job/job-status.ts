import type { Job } from '../../api/batch-v1/job.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { isPodReady } from '../pod-state.ts';
import { withoutZeros } from '../without-zeros.ts';
import { jobCondition, withJobCondition, type Outcome } from './job-conditions.ts';
import { isTerminating } from './job-pods.ts';
import type { JobState, JobStatus } from './job-state.ts';
import type { Acted } from './pod-actions.ts';

/** The status with the pods as they are after what was done to them; the counts of ended pods are another matter. */
export function statusAfter({ job, pods, active, now }: JobState, { created, removed }: Acted): JobStatus {
  const gone = new Set(removed);
  const left = active.filter((pod) => !gone.has(pod));
  const status: JobStatus = {
    ...job.status,
    active: left.length + created,
    ready: left.filter(isPodReady).length,
    terminating: pods.filter((pod) => gone.has(pod) || isTerminating(pod)).length,
  };
  if (!status.startTime && !job.spec?.suspend) status.startTime = formatTime(now);
  return status;
}

/** The status of a job that says whether it is suspended. Its time runs anew when it is resumed. */
export function withSuspension(job: Job, status: JobStatus, now: number): JobStatus {
  const { conditions } = status;
  if (job.spec?.suspend) {
    const why = { reason: 'JobSuspended', message: 'Job suspended' };
    const { startTime: _, ...rest } = status;
    return { ...rest, conditions: withJobCondition(conditions, 'Suspended', 'True', why, now) };
  }
  if (!jobCondition(job, 'Suspended')) return status;
  const why = { reason: 'JobResumed', message: 'Job resumed' };
  const startTime = formatTime(now);
  return { ...status, startTime, conditions: withJobCondition(conditions, 'Suspended', 'False', why, now) };
}

/** The status that announces how the job will end. */
export function withOutcome(status: JobStatus, outcome: Outcome, now: number): JobStatus {
  return { ...status, conditions: withJobCondition(status.conditions, outcome.type, 'True', outcome, now) };
}

/** The status of a job that has ended. */
export function finishedStatus(status: JobStatus, outcome: Outcome, now: number): JobStatus {
  const complete = outcome.type === 'SuccessCriteriaMet';
  const type = complete ? 'Complete' : 'Failed';
  return {
    ...status,
    conditions: withJobCondition(status.conditions, type, 'True', outcome, now),
    ...(complete && { completionTime: formatTime(now) }),
  };
}

/** As it is stored: counts of 0 are left out, but for those that upstream always shows. */
export function stored(status: JobStatus): JobStatus {
  return withoutZeros(status, ['ready', 'terminating']);
}

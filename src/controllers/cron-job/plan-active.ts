import type { CronJob } from '../../api/batch-v1/cron-job.ts';
import type { Job } from '../../api/batch-v1/job.ts';
import { timeOrZero } from '../../apimachinery/time.ts';
import { finishedCondition } from '../job/job-conditions.ts';
import type { Note } from './plan-run.ts';

export type CronJobStatus = NonNullable<CronJob['status']>;

/** A status in which jobs that have ended are no longer active, and what to say about it. */
export interface ActivePlan {
  readonly status: CronJobStatus;
  readonly notes: readonly Note[];
  /** Unfinished jobs that the status does not know. */
  readonly unexpected: readonly Job[];
  /** What the status takes for active and the local copy does not have. */
  readonly missing: NonNullable<CronJobStatus['active']>;
}

/** Compares what the status says to be active with the jobs that there are. */
export function planActive({ status = {} }: CronJob, jobs: readonly Job[]): ActivePlan {
  const active = status.active ?? [];
  const byUid = new Map(jobs.map((job) => [job.metadata.uid, job]));
  const known = new Set(active.map(({ uid }) => uid));
  const ended = active.filter(({ uid }) => byUid.has(uid!) && finishedCondition(byUid.get(uid!)!));
  const left = active.filter((one) => !ended.includes(one));
  return {
    status: withActive(withLastSuccess(status, jobs), left),
    notes: ended.map(({ uid }) => sawCompleted(byUid.get(uid!)!)),
    unexpected: jobs.filter((job) => !known.has(job.metadata.uid) && !finishedCondition(job)),
    missing: left.filter(({ uid }) => !byUid.has(uid!)),
  };
}

export function withActive(status: CronJobStatus, active: NonNullable<CronJobStatus['active']>): CronJobStatus {
  const { active: _, ...rest } = status;
  return active.length > 0 ? { ...rest, active } : rest;
}

function sawCompleted(job: Job): Note {
  const message = `Saw completed job: ${job.metadata.name}, condition: ${finishedCondition(job)!.type}`;
  return { type: 'Normal', reason: 'SawCompletedJob', message };
}

function withLastSuccess(status: CronJobStatus, jobs: readonly Job[]): CronJobStatus {
  let last = status.lastSuccessfulTime;
  for (const job of jobs) {
    const time = finishedCondition(job)?.type === 'Complete' ? job.status?.completionTime : undefined;
    if (time && (!last || timeOrZero(time) > timeOrZero(last))) last = time;
  }
  return last === undefined ? status : { ...status, lastSuccessfulTime: last };
}

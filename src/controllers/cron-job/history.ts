import type { CronJob } from '../../api/batch-v1/cron-job.ts';
import type { Job } from '../../api/batch-v1/job.ts';
import { timeOrZero } from '../../apimachinery/time.ts';
import { finishedCondition } from '../job/job-conditions.ts';

/** The finished jobs that are more than the history keeps, oldest first. */
export function planHistory({ spec }: CronJob, jobs: readonly Job[]): Job[] {
  const ended = (type: string) => jobs.filter((job) => finishedCondition(job)?.type === type);
  return [
    ...surplus(ended('Complete'), spec?.successfulJobsHistoryLimit),
    ...surplus(ended('Failed'), spec?.failedJobsHistoryLimit),
  ].filter((job) => !job.metadata.deletionTimestamp);
}

function surplus(jobs: readonly Job[], limit: number | undefined): Job[] {
  if (limit === undefined || jobs.length <= limit) return [];
  return [...jobs].sort(byStart).slice(0, jobs.length - limit);
}

/** Those that never started last. */
function byStart(a: Job, b: Job): number {
  const [x, y] = [a, b].map(({ status }) => (status?.startTime ? timeOrZero(status.startTime) : Infinity));
  if (x !== y) return x! < y! ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

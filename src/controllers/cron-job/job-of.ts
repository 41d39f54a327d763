import { cronJob as cronJobKind, type CronJob } from '../../api/batch-v1/cron-job.ts';
import type { Job } from '../../api/batch-v1/job.ts';
import { controllerRef, type New } from '../../apimachinery/object.ts';
import { formatInZone, timeZone } from './time-zone.ts';

/** Annotation with the time for which a job was made. */
const scheduledTimestamp = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/** The name of the job of a run: every run has one name, so that no run gets two jobs. */
export function jobNameOf({ metadata }: CronJob, scheduled: number): string {
  return `${metadata.name}-${Math.floor(scheduled / 60_000)}`;
}

/** The job of the run that is due at `scheduled`, in milliseconds. */
export function jobOf(cronJob: CronJob, scheduled: number): New<Job> {
  const { jobTemplate, timeZone: zone } = cronJob.spec;
  const { labels, annotations } = jobTemplate.metadata ?? {};
  const time = formatInZone(scheduled, zone ? timeZone(zone) : undefined);
  return {
    metadata: {
      namespace: cronJob.metadata.namespace!,
      name: jobNameOf(cronJob, scheduled),
      ...(labels && { labels: { ...labels } }),
      annotations: { ...annotations, [scheduledTimestamp]: time },
      ownerReferences: [controllerRef(cronJob, cronJobKind)],
    },
    spec: structuredClone(jobTemplate.spec!),
  };
}

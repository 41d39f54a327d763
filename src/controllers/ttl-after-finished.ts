import { job as jobKind, type Job } from '../api/batch-v1/job.ts';
import { timeOrZero } from '../apimachinery/time.ts';
import { controller } from '../client/controller.ts';
import { finishedCondition } from './job/job-conditions.ts';

/** Removes Jobs, with all that belongs to them, some time after they have finished. */
export const ttlAfterFinishedController = controller<Job>({
  name: 'ttl-after-finished-controller',
  for: jobKind,
  workers: 5,
  async reconcile(key, { reader, client, clock }): Promise<void | { after: number }> {
    const known = reader.get(jobKind, key);
    const left = known && timeLeft(known, clock.now());
    if (left === undefined) return;
    if (left > 0) return { after: left };
    // The time to live may have been changed meanwhile: what counts is what the server says.
    const live = await client.find(jobKind, known!.metadata);
    const now = live?.metadata.uid === known!.metadata.uid ? timeLeft(live, clock.now()) : undefined;
    if (!live || now === undefined) return;
    if (now > 0) return { after: now };
    const { uid, resourceVersion } = live.metadata;
    await client.delete(jobKind, live.metadata, {
      preconditions: { uid, resourceVersion },
      propagationPolicy: 'Foreground',
    });
  },
});

/** Milliseconds until a finished job's time is over; undefined when it lives on. */
export function timeLeft(job: Job, now: number): number | undefined {
  const { ttlSecondsAfterFinished: seconds } = job.spec ?? {};
  const finished = finishedCondition(job);
  if (seconds === undefined || !finished || job.metadata.deletionTimestamp) return undefined;
  return timeOrZero(finished.lastTransitionTime) + seconds * 1000 - now;
}

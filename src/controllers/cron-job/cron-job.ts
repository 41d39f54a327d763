import { cronJob as cronJobKind, type CronJob } from '../../api/batch-v1/cron-job.ts';
import { job as jobKind, type Job } from '../../api/batch-v1/job.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import { controllerOf, type ObjectName } from '../../apimachinery/object.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { errorMessage } from '../../base/log.ts';
import { controller, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { isNamespaceEnding } from '../../client/namespace-ending.ts';
import { semanticEqual } from '../semantic-equal.ts';
import { WrittenVersions } from '../written-versions.ts';
import { planHistory } from './history.ts';
import { jobOf } from './job-of.ts';
import { planActive, withActive, type CronJobStatus } from './plan-active.ts';
import { planRun, type Note } from './plan-run.ts';

/** Makes Jobs of CronJobs when they are due, and removes old ones. */
export const cronJobController: Controller = {
  name: 'cronjob-controller',
  start(dependencies) {
    const versions = new WrittenVersions();
    return controller<CronJob>({
      name: 'cronjob-controller',
      for: cronJobKind,
      owns: [jobKind],
      workers: 5,
      reconcile: (key, context) => reconcile(key, context, versions),
    }).start(dependencies);
  },
};

/** A cron job with what its reconciler works with. */
interface Round extends ReconcileContext {
  readonly cronJob: CronJob;
}

async function reconcile(
  key: string,
  context: ReconcileContext,
  versions: WrittenVersions,
): Promise<void | { after: number }> {
  const cronJob = context.reader.get(cronJobKind, key);
  if (!cronJob) return versions.forget(key);
  if (versions.isStale(key, cronJob)) return;
  const round = { ...context, cronJob };
  const jobs = context.reader.ownedBy(jobKind, cronJob.metadata.uid);
  const removed = await removeHistory(round, jobs);
  const status = await currentStatus(round, jobs, removed);
  const outcome = cronJob.metadata.deletionTimestamp ? { status } : await run(round, status);
  if (!semanticEqual(outcome.status, cronJob.status)) {
    versions.written(key, await context.client.updateStatus(cronJobKind, { ...cronJob, status: outcome.status }));
  }
  if (outcome.error) throw outcome.error;
  return outcome.after === undefined ? undefined : { after: outcome.after };
}

/** Removes finished jobs that the history does not keep. Returns their uids. */
async function removeHistory(round: Round, jobs: readonly Job[]): Promise<Set<string>> {
  const removed = new Set<string>();
  for (const job of planHistory(round.cronJob, jobs)) if (await removeJob(round, job)) removed.add(job.metadata.uid);
  return removed;
}

async function removeJob({ client, events, cronJob }: Round, { metadata }: Job): Promise<boolean> {
  const { uid } = metadata;
  try {
    await client.delete(jobKind, metadata, { preconditions: { uid }, propagationPolicy: 'Background' });
  } catch (error) {
    if (isApiError(error, 'NotFound', 'Conflict')) return true;
    events.event(cronJob, 'Warning', 'FailedDelete', `Deleted job: ${errorMessage(error)}`);
    return false;
  }
  events.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${metadata.name}`);
  return true;
}

/** The status with what is active as the jobs show it; where the local copy differs, the server is asked. */
async function currentStatus(round: Round, jobs: readonly Job[], removed: ReadonlySet<string>): Promise<CronJobStatus> {
  const { client, cronJob } = round;
  const { status, notes, unexpected, missing } = planActive(cronJob, jobs);
  note(round, notes);
  if (unexpected.length > 0) await tellUnexpected(round, unexpected);
  const gone = new Set(removed);
  for (const { uid, name } of missing) {
    const live = await client.find(jobKind, { namespace: cronJob.metadata.namespace, name: name! });
    if (live?.metadata.uid === uid) continue;
    gone.add(uid!);
    note(round, [{ type: 'Normal', reason: 'MissingJob', message: `Active job went missing: ${name}` }]);
  }
  return withActive(
    status,
    (status.active ?? []).filter(({ uid }) => !gone.has(uid!)),
  );
}

async function tellUnexpected(round: Round, jobs: readonly Job[]): Promise<void> {
  const live = await round.client.find(cronJobKind, round.cronJob.metadata);
  const known = new Set(live?.status?.active?.map(({ uid }) => uid));
  for (const { metadata } of jobs) {
    if (known.has(metadata.uid)) continue;
    const message = `Saw a job that the controller did not create or forgot: ${metadata.name}`;
    note(round, [{ type: 'Warning', reason: 'UnexpectedJob', message }]);
  }
}

function note({ events, cronJob }: Round, notes: readonly Note[]): void {
  for (const { type, reason, message } of notes) events.event(cronJob, type, reason, message);
}

interface Ran {
  readonly status: CronJobStatus;
  readonly after?: number | undefined;
  readonly error?: unknown;
}

/** Starts the run that is due, if one is. */
async function run(round: Round, status: CronJobStatus): Promise<Ran> {
  const cronJob = { ...round.cronJob, status };
  const { run: due, notes, after } = planRun(cronJob, round.clock.now());
  note(round, notes);
  if (due === undefined) return { status, after };
  let left = status;
  try {
    if (cronJob.spec.concurrencyPolicy === 'Replace') left = await replaceActive(round, status);
    const job = await createJob(round, cronJob, due);
    return { status: job ? withRun(left, job, due) : left, after };
  } catch (error) {
    return { status: left, error };
  }
}

/** Removes what still runs. @throws what kept it from that, when nothing may start yet */
async function replaceActive(round: Round, status: CronJobStatus): Promise<CronJobStatus> {
  const { client, cronJob } = round;
  for (const { name, uid } of status.active ?? []) {
    const job = await client.find(jobKind, { namespace: cronJob.metadata.namespace, name: name! });
    if (job?.metadata.uid !== uid || (await removeJob(round, job!))) continue;
    throw new Error(`could not replace job ${cronJob.metadata.namespace}/${name}`);
  }
  return withActive(status, []);
}

function withRun(status: CronJobStatus, job: Job, due: number): CronJobStatus {
  const { namespace, name, uid, resourceVersion } = job.metadata;
  const reference = { apiVersion: 'batch/v1', kind: 'Job', namespace, name, uid, resourceVersion };
  const active = (status.active ?? []).filter((one) => one.uid !== uid);
  return { ...status, active: [...active, reference] as CronJobStatus['active'], lastScheduleTime: formatTime(due) };
}

/** Makes the job of a run, or finds the one that an earlier life made; undefined when the name is another's. */
async function createJob(round: Round, cronJob: CronJob, due: number): Promise<Job | undefined> {
  const { client, events } = round;
  const wanted = jobOf(cronJob, due);
  try {
    const job = await client.create(jobKind, wanted);
    events.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`);
    return job;
  } catch (error) {
    if (isApiError(error, 'AlreadyExists')) return existingJob(round, cronJob, wanted.metadata as ObjectName);
    if (!isNamespaceEnding(error)) {
      events.event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${errorMessage(error)}`);
    }
    throw error;
  }
}

async function existingJob({ client }: Round, cronJob: CronJob, name: ObjectName): Promise<Job | undefined> {
  const job = await client.get(jobKind, name);
  return controllerOf(job)?.uid === cronJob.metadata.uid ? job : undefined;
}

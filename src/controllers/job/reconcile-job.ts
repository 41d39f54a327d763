import { job as jobKind, type Job } from '../../api/batch-v1/job.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { semanticEqual } from '../semantic-equal.ts';
import { isUncounted, planCounting, settled } from './counting.ts';
import { jobCondition, type Outcome } from './job-conditions.ts';
import { isIndexed } from './job-pods.ts';
import { stateOf, type JobState, type JobStatus } from './job-state.ts';
import { finishedStatus, statusAfter, stored, withOutcome, withSuspension } from './job-status.ts';
import { creationReason } from './metrics.ts';
import { outcomeOf, untilDeadline } from './outcome.ts';
import { planPods } from './plan-pods.ts';
import { createPods, nothingDone, removePods, untrackAll, type Acted, type Round } from './pod-actions.ts';

const reached: Outcome = {
  type: 'SuccessCriteriaMet',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};

/** Brings a job on its way with the pods it controls. Returns the milliseconds until something is due, if anything is. */
export async function reconcileJob(round: Round, pods: readonly Pod[]): Promise<number | undefined> {
  const { key, job, memory, clock, caughtUp } = round;
  const state = stateOf({
    job,
    pods,
    now: clock.now(),
    untracked: memory.seemTracked(key, job, pods),
    caughtUp,
    backoff: memory.backoff(key, job),
  });
  const outcome = outcomeOf(state);
  return outcome ? end(round, state, outcome) : goOn(round, state);
}

/** The job has to end: it says so, removes its pods, counts them, and finishes when all are gone. */
async function end(round: Round, state: JobState, outcome: Outcome): Promise<undefined> {
  // It says so before pods go: afterwards, what they had to say might be gone with them.
  const announced = state.active.length > 0 && !jobCondition(state.job, outcome.type);
  const current = announced
    ? await write(round, state.job, withOutcome(startedStatus(state), outcome, state.now))
    : state.job;
  const acted = await removePods(round, state.active, outcome.type === 'SuccessCriteriaMet');
  const status = withOutcome(statusAfter({ ...state, job: current }, acted), outcome, state.now);
  const complete = acted.removed.length === state.active.length && state.caughtUp;
  await count(round, { ...state, job: current }, status, complete ? outcome : undefined);
  if (acted.error) throw acted.error;
}

function startedStatus(state: JobState): JobStatus {
  const { job } = state;
  return { ...job.status, startTime: job.status?.startTime ?? statusAfter(state, nothingDone).startTime };
}

async function goOn(round: Round, state: JobState): Promise<number | undefined> {
  const { job, now } = state;
  const manages = state.caughtUp && !job.metadata.deletionTimestamp;
  const plan = manages ? planPods(state) : { create: [], remove: [], after: undefined };
  const acted = await act(round, state, plan);
  let status = statusAfter(state, acted);
  const done = state.caughtUp && isComplete(state, status.active ?? 0);
  if (manages && !done) status = tellSuspension(round, status, now);
  const outcome = done ? reached : undefined;
  await count(round, state, outcome ? withOutcome(status, outcome, now) : status, outcome);
  if (acted.error) throw acted.error;
  const waits = [plan.after, untilDeadline({ ...job, status }, now)].filter((wait) => wait !== undefined);
  return waits.length > 0 ? Math.max(1, Math.min(...waits)) : undefined;
}

function act(round: Round, state: JobState, plan: ReturnType<typeof planPods>): Promise<Acted> {
  if (plan.remove.length > 0) return removePods(round, plan.remove, true);
  return plan.create.length > 0 ? createPods(round, plan.create, creationReason(state)) : Promise.resolve(nothingDone);
}

/** Whether enough pods have succeeded, and no other runs; a work queue is done when one has and the rest has ended. */
function isComplete({ job, succeeded }: JobState, active: number): boolean {
  return active === 0 && (job.spec!.completions === undefined ? succeeded > 0 : succeeded >= job.spec!.completions);
}

function tellSuspension({ job, events }: Round, status: JobStatus, now: number): JobStatus {
  const next = withSuspension(job, status, now);
  if (next.conditions !== status.conditions && !semanticEqual(next.conditions, status.conditions)) {
    const suspended = job.spec?.suspend;
    events.event(job, 'Normal', suspended ? 'Suspended' : 'Resumed', suspended ? 'Job suspended' : 'Job resumed');
  }
  return next;
}

/** Counts the pods that have ended, lets them go, and finishes the job when it ends and nothing is left. */
async function count(round: Round, state: JobState, status: JobStatus, ending: Outcome | undefined): Promise<void> {
  const { job, now } = state;
  const already = round.memory.seemTracked(round.key, job, state.pods);
  const tracked = state.tracked.filter((pod) => !already.has(uidOf(pod)));
  const counting = planCounting({ ...state, tracked }, ending, status);
  let current = await write(round, job, counting.status);
  round.memory.setBackoff(round.key, job, state.nextBackoff);
  const error = await untrackAll(round, counting.untrack);
  const gone = round.memory.seemTracked(round.key, job, state.pods);
  const left = new Set(tracked.map(uidOf).filter((uid) => !gone.has(uid)));
  let final = settled(counting.status, left, isIndexed(job));
  const finished = ending && !error && !counting.more && !isUncounted(final) && (final.terminating ?? 0) === 0;
  if (finished) final = finishedStatus(final, ending, now);
  current = await write(round, current, final);
  round.memory.metrics?.counted(job, final);
  round.memory.metrics?.handled(
    job,
    counting.untrack.filter((pod) => !left.has(uidOf(pod))),
  );
  if (error) throw error;
  if (!finished) return;
  round.memory.metrics?.finished(job, ending);
  tellEnd(round, current, ending);
}

function uidOf({ metadata }: Pod): string {
  return metadata.uid;
}

function tellEnd({ events }: Round, job: Job, outcome: Outcome): void {
  if (outcome.type === 'FailureTarget') return events.event(job, 'Warning', outcome.reason, outcome.message);
  if ((job.status?.succeeded ?? 0) > (job.spec?.completions ?? Infinity)) {
    const message = 'Too many succeeded pods running after completion count reached';
    events.event(job, 'Warning', 'TooManySucceededPods', message);
  }
  events.event(job, 'Normal', 'Completed', 'Job completed');
}

/** Writes a status that says something new. */
async function write({ client, key, memory }: Round, job: Job, status: JobStatus): Promise<Job> {
  const next = stored(status);
  if (semanticEqual(next, stored(job.status ?? {}))) return job;
  const written = await client.updateStatus(jobKind, { ...job, status: next });
  memory.versions.written(key, written);
  return written;
}

import { parseSchedule, type CronSchedule } from '../../api/batch-v1/cron-schedule.ts';
import type { CronJob } from '../../api/batch-v1/cron-job.ts';
import { parseTime, timeOrZero } from '../../apimachinery/time.ts';
import { jobNameOf } from './job-of.ts';
import { missedRuns } from './missed.ts';
import { nextTime } from './next-time.ts';
import { timeZone, type TimeZone } from './time-zone.ts';

/** An event to record. */
export interface Note {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What a cron job has to do now. */
export interface RunPlan {
  /** The run to start, by its time in milliseconds. */
  readonly run?: number;
  readonly notes: readonly Note[];
  /** Milliseconds until the next run is due. */
  readonly after?: number;
}

/** A run is looked for a little after its time, so that it is there when one looks. */
const DELAY = 100;

/** Decides whether a run is due. The status must show what runs. */
export function planRun(cronJob: CronJob, now: number): RunPlan {
  const { suspend, schedule: text } = cronJob.spec;
  const name = cronJob.spec.timeZone;
  const zone = timeZone(name);
  if (!zone) {
    const why = `invalid timeZone: ${JSON.stringify(name)}: unknown time zone ${name}`;
    return { notes: [warning('UnknownTimeZone', why)] };
  }
  if (suspend) return { notes: [] };
  const schedule = parseSchedule(text);
  if (typeof schedule === 'string') {
    return { notes: [warning('UnparseableSchedule', `unparseable schedule: ${JSON.stringify(text)} : ${schedule}`)] };
  }
  const own = 'every' in schedule ? undefined : schedule.timeZone;
  const plan = planDue(cronJob, schedule, (own && timeZone(own)) || zone, now);
  return text.includes('TZ') ? { ...plan, notes: [unsupported(text), ...plan.notes] } : plan;
}

function planDue(cronJob: CronJob, schedule: CronSchedule, zone: TimeZone, now: number): RunPlan {
  const { spec, status, metadata } = cronJob;
  const deadline = (spec.startingDeadlineSeconds ?? Infinity) * 1000;
  const since = parseTime(status?.lastScheduleTime) ?? timeOrZero(metadata.creationTimestamp);
  // Runs of a calendar before the deadline need not be looked at; those of an interval are counted from the last one.
  const from = 'every' in schedule ? since : Math.max(since, now - deadline);
  const missed = missedRuns(schedule, zone, from, now);
  if (typeof missed === 'string') {
    return { notes: [warning('InvalidSchedule', `invalid schedule: ${spec.schedule} : ${missed}`)] };
  }
  const next = nextTime(schedule, missed.latest ?? Math.max(since, from), zone);
  const after = next === undefined ? {} : { after: next + DELAY - now };
  const notes = missed.many ? [tooMany] : [];
  if (missed.latest === undefined) return { notes, ...after };
  const decision = decide(cronJob, missed.latest, deadline, now);
  return {
    ...after,
    notes: decision === 'run' ? notes : [...notes, ...decision],
    ...(decision === 'run' && { run: missed.latest }),
  };
}

/** Whether the run starts, or what to say instead. */
function decide({ spec, status, metadata }: CronJob, due: number, deadline: number, now: number): 'run' | Note[] {
  if (due + deadline < now) return [warning('MissSchedule', `Missed scheduled time to start a job: ${rfc1123(due)}`)];
  const active = status?.active ?? [];
  const name = jobNameOf({ metadata } as CronJob, due);
  if (active.some((one) => one.name === name) || parseTime(status?.lastScheduleTime) === due) return [];
  return spec.concurrencyPolicy === 'Forbid' && active.length > 0 ? [alreadyActive] : 'run';
}

const alreadyActive: Note = {
  type: 'Normal',
  reason: 'JobAlreadyActive',
  message: 'Not starting job because prior execution is running and concurrency policy is Forbid',
};

const tooMany = warning(
  'TooManyMissedTimes',
  'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
);

function unsupported(text: string): Note {
  const where = 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/';
  const message = `CRON_TZ or TZ used in schedule ${JSON.stringify(text)} is not officially supported, see ${where} for more details`;
  return warning('UnsupportedSchedule', message);
}

function warning(reason: string, message: string): Note {
  return { type: 'Warning', reason, message };
}

/** `Thu, 01 Jan 2026 00:00:00 +0000`. */
function rfc1123(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000');
}

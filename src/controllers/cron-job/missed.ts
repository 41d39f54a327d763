import type { CronSchedule } from '../../api/batch-v1/cron-schedule.ts';
import { nextTime } from './next-time.ts';
import type { TimeZone } from './time-zone.ts';

/** More missed runs than so many are worth a warning. */
const MANY = 100;

/** The runs between an earlier time and now. */
export interface Missed {
  /** The most recent one; undefined when there was none. */
  readonly latest?: number;
  /** Whether they are more than a hundred, by the distance of the first two. */
  readonly many: boolean;
}

/** The schedule never fires. */
export const never = 'time difference between two schedules is less than 1 second';

/** What a schedule would have run after `earliest` and until `now`, both included; a text when it never runs. */
export function missedRuns(schedule: CronSchedule, zone: TimeZone, earliest: number, now: number): Missed | string {
  const first = nextTime(schedule, earliest, zone);
  if (first === undefined) return never;
  if (first > now) return { many: false };
  const second = nextTime(schedule, first, zone);
  if (second === undefined) return never;
  if (second > now) return { latest: first, many: false };
  const many = Math.floor((now - first) / (second - first)) + 1 > MANY;
  return { latest: latestUntil(schedule, zone, first, second - first, now), many };
}

/** Looks back from now in growing spans, so that a long pause takes no longer than a short one. */
function latestUntil(schedule: CronSchedule, zone: TimeZone, first: number, distance: number, now: number): number {
  if ('every' in schedule) return first + Math.floor((now - first) / schedule.every) * schedule.every;
  let latest = first;
  for (let span = distance; now - span > first; span *= 2) {
    const found = nextTime(schedule, now - span, zone);
    if (found === undefined || found > now) continue;
    latest = found;
    break;
  }
  for (let next = nextTime(schedule, latest, zone); next !== undefined && next <= now;) {
    latest = next;
    next = nextTime(schedule, latest, zone);
  }
  return latest;
}

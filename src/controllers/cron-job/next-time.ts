import type { CronSchedule } from '../../api/batch-v1/cron-schedule.ts';
import type { TimeZone } from './time-zone.ts';

type Calendar = Exclude<CronSchedule, { every: number }>;

const SECOND = 1000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
/** Who finds nothing in so many years finds nothing. */
const YEARS = 5;

/**
 * The first time after `after` at which the schedule says so, in milliseconds; undefined when there is none within five
 * years. Where clocks change it does as robfig/cron 3: what falls into a skipped hour does not run that day, what falls
 * into a repeated one runs twice.
 */
export function nextTime(schedule: CronSchedule, after: number, zone: TimeZone): number | undefined {
  const second = Math.floor(after / SECOND) * SECOND;
  if ('every' in schedule) return second + schedule.every;
  return new Search(schedule, zone, second + SECOND).run();
}

/**
 * Goes forward month by month, then day by day, hour by hour and minute by minute, until all match. Whenever a step of
 * one kind comes round to its beginning, the larger ones are looked at again.
 */
class Search {
  readonly #schedule: Calendar;
  readonly #zone: TimeZone;
  #at: number;
  /** Whether a step was made: the first one starts from the beginning of its month, day, hour or minute. */
  #stepped = false;

  constructor(schedule: Calendar, zone: TimeZone, from: number) {
    this.#schedule = schedule;
    this.#zone = zone;
    this.#at = from;
  }

  run(): number | undefined {
    const lastYear = this.#local().getUTCFullYear() + YEARS;
    while (this.#local().getUTCFullYear() <= lastYear) {
      if (this.#months() && this.#days() && this.#hours() && this.#minutes() && this.#seconds()) return this.#at;
    }
    return undefined;
  }

  #local(): Date {
    return new Date(this.#zone.toLocal(this.#at));
  }

  /** Goes to a time of the wall clock. */
  #goTo(local: number): void {
    this.#at = this.#zone.toUtc(local);
  }

  #begin(toStart: () => void): void {
    if (!this.#stepped) toStart();
    this.#stepped = true;
  }

  #months(): boolean {
    const { month } = this.#schedule;
    for (let local = this.#local(); !month.values.has(local.getUTCMonth() + 1); local = this.#local()) {
      this.#begin(() => this.#goTo(Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), 1)));
      const now = this.#local();
      this.#goTo(now.setUTCMonth(now.getUTCMonth() + 1));
      if (this.#local().getUTCMonth() === 0) return false;
    }
    return true;
  }

  #days(): boolean {
    for (let local = this.#local(); !this.#isDay(local); local = this.#local()) {
      this.#begin(() => this.#goTo(local.setUTCHours(0, 0, 0, 0)));
      const now = this.#local();
      this.#goTo(now.setUTCDate(now.getUTCDate() + 1));
      this.#toMidnight();
      if (this.#local().getUTCDate() === 1) return false;
    }
    return true;
  }

  /** Where clocks change at midnight there may be none; then the day starts an hour off. */
  #toMidnight(): void {
    const hour = this.#local().getUTCHours();
    if (hour !== 0) this.#at += (hour > 12 ? 24 - hour : -hour) * HOUR;
  }

  #hours(): boolean {
    const { hour } = this.#schedule;
    for (let local = this.#local(); !hour.values.has(local.getUTCHours()); local = this.#local()) {
      this.#begin(() => this.#goTo(local.setUTCMinutes(0, 0, 0)));
      this.#at += HOUR;
      if (this.#local().getUTCHours() === 0) return false;
    }
    return true;
  }

  #minutes(): boolean {
    const { minute } = this.#schedule;
    while (!minute.values.has(this.#local().getUTCMinutes())) {
      this.#begin(() => (this.#at = Math.floor(this.#at / MINUTE) * MINUTE));
      this.#at += MINUTE;
      if (this.#local().getUTCMinutes() === 0) return false;
    }
    return true;
  }

  /** Runs begin with a minute. */
  #seconds(): boolean {
    if (this.#at % MINUTE === 0) return true;
    this.#stepped = true;
    this.#at = Math.ceil(this.#at / MINUTE) * MINUTE;
    return false;
  }

  /** Days of the month and of the week: either will do when both say which ones they mean. */
  #isDay(local: Date): boolean {
    const { dayOfMonth, dayOfWeek } = this.#schedule;
    const inMonth = dayOfMonth.values.has(local.getUTCDate());
    const inWeek = dayOfWeek.values.has(local.getUTCDay());
    return dayOfMonth.any || dayOfWeek.any ? inMonth && inWeek : inMonth || inWeek;
  }
}

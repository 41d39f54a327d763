import { isTimeZone } from './time-zones.ts';

/** One field of a schedule: its bounds and the names that may stand for numbers. */
interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS: readonly Field[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day of week', min: 0, max: 6, names: DAYS },
];

const SHORTHANDS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** The values of a field that match. */
export interface CronField {
  readonly values: ReadonlySet<number>;
  /** Whether all do, because the field says `*` or `?`: of days of the month and of the week, that one then decides nothing. */
  readonly any: boolean;
}

/** When a cron job runs: at times of the calendar, or again and again. As Go's robfig/cron, version 3, reads it. */
export type CronSchedule =
  | {
      readonly minute: CronField;
      readonly hour: CronField;
      readonly dayOfMonth: CronField;
      readonly month: CronField;
      readonly dayOfWeek: CronField;
      /** The zone that the text itself names. */
      readonly timeZone?: string | undefined;
    }
  /** Milliseconds, whole seconds. */
  | { readonly every: number };

/** What is wrong with a schedule of five fields (or `@daily` and the like), or undefined. */
export function scheduleError(schedule: string): string | undefined {
  const parsed = parseSchedule(schedule);
  return typeof parsed === 'string' ? parsed : undefined;
}

/** A schedule of five fields, or `@daily` and the like; the text tells what is wrong. */
export function parseSchedule(schedule: string): CronSchedule | string {
  if (schedule.length > 512) return 'schedule is too long';
  const [, zone, rest] = /^(?:CRON_)?TZ=([^ ]*)(.*)$/.exec(schedule.trim()) ?? [];
  if (zone !== undefined && !isTimeZone(zone)) return `provided bad location ${zone}: unknown time zone ${zone}`;
  const text = (rest ?? schedule).trim();
  if (text.startsWith('@every ')) return parseEvery(text);
  if (!text.startsWith('@')) return parseFields(text, zone);
  if (!Object.hasOwn(SHORTHANDS, text)) return `unrecognized descriptor: ${text}`;
  return parseFields(SHORTHANDS[text]!, zone);
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  '\u00b5s': 1e-3,
  '\u03bcs': 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A duration as Go writes it: at least a second, and whole ones. */
function parseEvery(text: string): CronSchedule | string {
  const duration = text.slice('@every '.length);
  const [, sign, rest = ''] = /^([+-]?)(.+)$/.exec(duration) ?? [];
  const parts = [...rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== rest) {
    return `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(duration)}`;
  }
  const total = parts.reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit!]!, 0);
  return { every: Math.max(1, sign === '-' ? 0 : Math.floor(total / 1000)) * 1000 };
}

function parseFields(text: string, timeZone: string | undefined): CronSchedule | string {
  const parts = text.split(/\s+/);
  if (parts.length !== FIELDS.length) {
    return `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`;
  }
  const fields: CronField[] = [];
  for (const [i, field] of FIELDS.entries()) {
    const parsed = parseField(parts[i]!, field);
    if (typeof parsed === 'string') return parsed;
    fields.push(parsed);
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields as [
    CronField,
    CronField,
    CronField,
    CronField,
    CronField,
  ];
  return { minute, hour, dayOfMonth, month, dayOfWeek, timeZone };
}

function parseField(text: string, field: Field): CronField | string {
  const values = new Set<number>();
  let any = false;
  for (const part of text.split(',')) {
    const range = parseRange(part, field);
    if (typeof range === 'string') return range;
    for (let value = range.from; value <= range.to; value += range.step) values.add(value);
    any ||= range.any;
  }
  return { values, any };
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly any: boolean;
}

/** `*`, `?`, `n`, `n-m`, each perhaps with a step behind a slash; `n/s` goes on to the end. */
function parseRange(text: string, field: Field): Range | string {
  const [span = '', stepText, ...more] = text.split('/');
  if (more.length > 0) return `too many slashes: ${text}`;
  if (stepText !== undefined && !/^[0-9]{1,5}$/.test(stepText)) return notAnInteger(stepText);
  const step = Number(stepText ?? 1);
  if (step === 0) return `step of range should be a positive number: ${text}`;
  if (span === '*' || span === '?') return { from: field.min, to: field.max, step, any: step === 1 };
  const [low = '', high, ...rest] = span.split('-');
  if (rest.length > 0) return `too many hyphens: ${text}`;
  const [from, to] = [numberOf(low, field), high === undefined ? undefined : numberOf(high, field)];
  if (from === undefined) return notAnInteger(low);
  if (high !== undefined && to === undefined) return notAnInteger(high);
  if (from < field.min) return `beginning of range (${from}) below minimum (${field.min}): ${text}`;
  const end = to ?? (stepText === undefined ? from : field.max);
  if (end > field.max) return `end of range (${end}) above maximum (${field.max}): ${text}`;
  return from > end
    ? `beginning of range (${from}) beyond end of range (${end}): ${text}`
    : { from, to: end, step, any: false };
}

function notAnInteger(text: string): string {
  return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
}

function numberOf(text: string, field: Field): number | undefined {
  const index = field.names?.indexOf(text.toLowerCase()) ?? -1;
  if (index >= 0) return index + field.min;
  return /^[0-9]{1,5}$/.test(text) ? Number(text) : undefined;
}

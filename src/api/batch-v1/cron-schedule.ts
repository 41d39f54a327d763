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

const SHORTHANDS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

/** Whether there is such a time zone. */
export function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

/** What is wrong with a schedule of five fields (or `@daily` and the like), or undefined. */
export function scheduleError(schedule: string): string | undefined {
  if (schedule.length > 512) return 'schedule is too long';
  const [, zone, rest] = /^(?:CRON_)?TZ=([^ ]*)(.*)$/.exec(schedule.trim()) ?? [];
  if (zone !== undefined && !isTimeZone(zone)) return `provided bad location ${zone}: unknown time zone ${zone}`;
  return untimedError((rest ?? schedule).trim());
}

function untimedError(text: string): string | undefined {
  if (text.startsWith('@')) {
    if (SHORTHANDS.includes(text) || /^@every ([0-9.]+(ns|us|ms|s|m|h))+$/.test(text)) return undefined;
    return `unrecognized descriptor: ${text}`;
  }
  const parts = text.split(/\s+/);
  if (parts.length !== FIELDS.length) {
    return `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`;
  }
  for (const [i, field] of FIELDS.entries()) {
    const error = fieldError(parts[i]!, field);
    if (error) return error;
  }
  return undefined;
}

function fieldError(text: string, field: Field): string | undefined {
  for (const range of text.split(',')) {
    const error = rangeError(range, field);
    if (error) return error;
  }
  return undefined;
}

/** `*`, `?`, `n`, `n-m`, each perhaps with a step behind a slash. */
function rangeError(text: string, field: Field): string | undefined {
  const [span = '', step, ...more] = text.split('/');
  if (more.length > 0) return `too many slashes: ${text}`;
  if (step !== undefined && !/^[0-9]{1,5}$/.test(step)) return notAnInteger(step);
  if (step !== undefined && Number(step) === 0) return `step of range should be a positive number: ${text}`;
  if (span === '*' || span === '?') return undefined;
  const [low = '', high, ...rest] = span.split('-');
  if (rest.length > 0) return `too many hyphens: ${text}`;
  const [from, to] = [numberOf(low, field), high === undefined ? undefined : numberOf(high, field)];
  if (from === undefined) return notAnInteger(low);
  if (high !== undefined && to === undefined) return notAnInteger(high);
  if (from < field.min) return `beginning of range (${from}) below minimum (${field.min}): ${text}`;
  const end = to ?? from;
  if (end > field.max) return `end of range (${end}) above maximum (${field.max}): ${text}`;
  return from > end ? `beginning of range (${from}) beyond end of range (${end}): ${text}` : undefined;
}

function notAnInteger(text: string): string {
  return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
}

function numberOf(text: string, field: Field): number | undefined {
  const index = field.names?.indexOf(text.toLowerCase()) ?? -1;
  if (index >= 0) return index + field.min;
  return /^[0-9]{1,5}$/.test(text) ? Number(text) : undefined;
}

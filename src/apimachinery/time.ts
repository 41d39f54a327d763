/** Times are milliseconds since the epoch inside the system and RFC 3339 text in objects. */

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** `2026-01-02T03:04:05Z`: what `metav1.Time` holds, always whole seconds in UTC. */
export function formatTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== last.second) last = { second, text: `${new Date(ms).toISOString().slice(0, 19)}Z` };
  return last.text;
}

/** Most times that are written are of this very second. */
let last = { second: NaN, text: '' };

/** `2026-01-02T03:04:05.678000Z`: what `metav1.MicroTime` holds (leases, events). */
export function formatMicroTime(ms: number): string {
  const micros = Math.round((ms - Math.floor(ms)) * 1000);
  return `${new Date(Math.floor(ms)).toISOString().slice(0, 23)}${String(micros).padStart(3, '0').slice(0, 3)}Z`;
}

/** Milliseconds since the epoch (fractions below are kept), or undefined when `text` is no RFC 3339 time. */
export function parseTime(text: string | undefined): number | undefined {
  const parts = text === undefined || text.length > 64 ? undefined : RFC3339.exec(text);
  if (!parts) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59)
    return undefined;
  const fraction = parts[7] ? Number(`0${parts[7]}`) * 1000 : 0;
  const zone = offsetMinutes(parts[8]!);
  if (zone === undefined) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  return date.getTime() + fraction - zone * 60_000;
}

/** Like `parseTime`, for times that the server itself wrote: 0 when there is none. */
export function timeOrZero(text: string | undefined): number {
  return parseTime(text) ?? 0;
}

/** A duration in milliseconds as `kubectl get` shows ages: `5s`, `3m10s`, `47m`, `2d4h`, `1y20d`. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 192) return two(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  return days < 2920 ? two(years, 'y', days % 365, 'd') : `${years}y`;
}

/** How long ago the RFC 3339 time `since` was, or `<unknown>` when it is not set. */
export function age(since: string | undefined, now: number): string {
  const then = parseTime(since);
  return then === undefined ? '<unknown>' : humanDuration(now - then);
}

function two(first: number, firstUnit: string, second: number, secondUnit: string): string {
  return second === 0 ? `${first}${firstUnit}` : `${first}${firstUnit}${second}${secondUnit}`;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

function offsetMinutes(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes);
}

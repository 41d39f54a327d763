/** Local times below are milliseconds as if the wall clock showed UTC. */
const MINUTE = 60_000;
const DAY = 86_400_000;
/** Offsets are looked up for so long a span at once. Two changes within a step of it would be overlooked. */
const SPAN = 512 * DAY;
const STEP = 8 * DAY;
/** How many spans of a zone are remembered. */
const MEMORY = 64;

interface Offset {
  readonly from: number;
  readonly until: number;
  readonly offset: number;
}

/**
 * The offsets of a time zone. What the platform knows is asked rarely and remembered, for asking takes microseconds and
 * finding the next run of a schedule takes thousands of looks.
 */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat;
  #spans = new Map<number, Offset[]>();
  #last: Offset = { from: 0, until: 0, offset: 0 };

  /** @param name default: the zone of this process @throws RangeError when there is no such zone */
  constructor(name: string | undefined) {
    this.#format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      ...(name !== undefined && { timeZone: name }),
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** What the wall clock is ahead of UTC at an instant, in milliseconds. */
  offsetAt(utc: number): number {
    if (utc < this.#last.from || utc >= this.#last.until) this.#last = this.#find(utc);
    return this.#last.offset;
  }

  /** What the wall clock shows. */
  toLocal(utc: number): number {
    return utc + this.offsetAt(utc);
  }

  /**
   * The instant at which the wall clock shows `local`. A time that the clock skips or repeats is resolved as Go's
   * `time.Date` does it: with the offset before the change, as seen from an instant that takes the local time for UTC,
   * unless that offset is no longer valid there.
   */
  toUtc(local: number): number {
    const utc = local - this.offsetAt(local);
    return local - this.offsetAt(utc);
  }

  #find(utc: number): Offset {
    const span = Math.floor(utc / SPAN);
    let offsets = this.#spans.get(span);
    if (!offsets) {
      offsets = this.#offsetsOf(span * SPAN);
      this.#spans.set(span, offsets);
      if (this.#spans.size > MEMORY) this.#spans.delete(this.#spans.keys().next().value!);
    }
    return offsets.find(({ until }) => utc < until)!;
  }

  #offsetsOf(start: number): Offset[] {
    const found: Offset[] = [];
    let from = start;
    for (let at = start; at < start + SPAN; at += STEP) {
      if (this.#ask(at) === this.#ask(at + STEP)) continue;
      const change = this.#changeBetween(at, at + STEP);
      found.push({ from, until: change, offset: this.#ask(at) });
      from = change;
    }
    found.push({ from, until: start + SPAN, offset: this.#ask(start + SPAN - 1000) });
    return found;
  }

  /** The first second at which the offset is no longer that of `low`. */
  #changeBetween(low: number, high: number): number {
    const before = this.#ask(low);
    while (high - low > 1000) {
      const middle = low + Math.floor((high - low) / 2000) * 1000;
      if (this.#ask(middle) === before) low = middle;
      else high = middle;
    }
    return high;
  }

  #ask(utc: number): number {
    const parts = this.#format.formatToParts(utc);
    const value = (type: string) => Number(parts.find((part) => part.type === type)!.value);
    const [year, month, day] = [value('year'), value('month'), value('day')];
    const second = Math.floor(utc / 1000) * 1000;
    return Date.UTC(year, month - 1, day, value('hour'), value('minute'), value('second')) - second;
  }
}

const zones = new Map<string | undefined, TimeZone | undefined>();

/** The zone of this name, or without one that of this process; undefined when there is none. */
export function timeZone(name: string | undefined): TimeZone | undefined {
  if (!zones.has(name)) zones.set(name, create(name));
  const zone = zones.get(name);
  if (zones.size > 1000) zones.clear();
  return zone;
}

function create(name: string | undefined): TimeZone | undefined {
  try {
    return new TimeZone(name);
  } catch {
    return undefined;
  }
}

/** An instant as RFC 3339 text with the zone's offset. */
export function formatInZone(utc: number, zone: TimeZone | undefined): string {
  const offset = zone?.offsetAt(utc) ?? 0;
  const text = new Date(utc + offset).toISOString().slice(0, 19);
  if (offset === 0) return `${text}Z`;
  const minutes = Math.floor(Math.abs(offset) / MINUTE);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${text}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

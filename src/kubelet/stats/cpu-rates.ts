/** A reading of a counter of processor time: milliseconds since the epoch, and nanoseconds. */
interface Reading {
  readonly at: number;
  readonly cpu: number;
}

/** Two readings, some seconds apart. */
interface Readings {
  readonly old: Reading;
  readonly newest: Reading;
}

/** What is measured: its counter as it is now, and since when it counts. */
export interface Counted extends Reading {
  readonly id: string;
  readonly startedAt: number;
  /** The rate itself, where it is known. */
  readonly cpuRate?: number | undefined;
}

/** Milliseconds that a reading must be old, and may be, so that what was used since then says what is used now. */
const YOUNGEST = 5_000;
const OLDEST = 120_000;

/**
 * Turns counters of processor time into rates. Two readings of each are kept; what has just started is measured by its whole
 * life.
 */
export class CpuRates {
  #readings = new Map<string, Readings>();

  /**
   * Takes in all counters, and forgets those that are not among them.
   * @returns nanoseconds per second by id, without those that cannot be told yet
   */
  measure(counters: readonly Counted[], youngest = YOUNGEST): Map<string, number> {
    const rates = new Map<string, number>();
    const next = new Map<string, Readings>();
    for (const { id, at, cpu, startedAt, cpuRate } of counters) {
      const known = this.#readings.get(id);
      const base = baseOf(known ? [known.newest, known.old] : [], { at, cpu, startedAt }, youngest);
      const rate = cpuRate ?? (base && ((cpu - base.cpu) * 1000) / (at - base.at));
      if (rate !== undefined) rates.set(id, Math.max(0, Math.round(rate)));
      const now = { at, cpu };
      // The older of the two moves on only in steps, so that frequent questions do not measure moments.
      next.set(id, !known ? { old: now, newest: now } : stepped(known, now));
    }
    this.#readings = next;
    return rates;
  }
}

function stepped(known: Readings, now: Reading): Readings {
  const counterWentBack = now.cpu < known.newest.cpu;
  if (counterWentBack) return { old: now, newest: now };
  return now.at - known.newest.at >= YOUNGEST ? { old: known.newest, newest: now } : known;
}

function baseOf(
  known: readonly Reading[],
  { at, cpu, startedAt }: Omit<Counted, 'id'>,
  youngest: number,
): Reading | undefined {
  const fits = known.find((reading) => fitsNow(reading, at, youngest) && reading.cpu <= cpu);
  if (fits) return fits;
  return at > startedAt && at - startedAt < OLDEST ? { at: startedAt, cpu: 0 } : undefined;
}

function fitsNow(reading: Reading, at: number, youngest: number): boolean {
  const age = at - reading.at;
  return age >= youngest && age > 0 && age < OLDEST;
}

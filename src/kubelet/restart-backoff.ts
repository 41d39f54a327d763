/** Milliseconds: the first delay, the longest, and how long a container must have been well for its delays to start over. */
const FIRST = 10_000;
const LONGEST = 300_000;
const FORGIVEN_AFTER = 600_000;

interface Entry {
  delay: number;
  /** When the delay was last counted up. */
  at: number;
}

/**
 * How long a container that ended waits for its next start: not at all the first time, then 10 s, 20 s and so on up to
 * five minutes, counted from its end; ten quiet minutes start it over.
 */
export class RestartBackoff {
  #entries = new Map<string, Entry>();

  /** Until when `key`, which ended at `finishedAt`, has to wait (and the delay); undefined when it may start now. */
  waiting(key: string, finishedAt: number, now: number): { until: number; delay: number } | undefined {
    const entry = this.#entries.get(key);
    if (!entry || now - entry.at > FORGIVEN_AFTER) return undefined;
    const until = finishedAt + entry.delay;
    return now < until ? { until, delay: entry.delay } : undefined;
  }

  /** Counts a restart of `key`. */
  restarted(key: string, now: number): void {
    const entry = this.#entries.get(key);
    if (!entry || now - entry.at > FORGIVEN_AFTER) this.#entries.set(key, { delay: FIRST, at: now });
    else this.#entries.set(key, { delay: Math.min(LONGEST, entry.delay * 2), at: now });
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }
}

/** A delay as messages show it: `10s`, `1m20s`, `5m0s`. */
export function delayText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/** Milliseconds: the first delay, the longest, and how long a container must have been well for its delays to start over. */
const FIRST = 10_000;
const LONGEST = 300_000;
const FORGIVEN_AFTER = 600_000;

interface Entry {
  delay: number;
  /** When the delay was last counted up. */
  at: number;
  version: string;
}

/**
 * How long a container that ended waits for its next start: not at all the first time, then 10 s, 20 s and so on up to
 * five minutes, counted from its end; ten quiet minutes start it over, and so does another version of the container.
 */
export class RestartBackoff {
  #entries = new Map<string, Entry>();

  /** Until when `key`, which ended at `finishedAt`, has to wait (and the delay); undefined when it may start now. */
  waiting(key: string, version: string, finishedAt: number, now: number): { until: number; delay: number } | undefined {
    const entry = this.#entries.get(key);
    if (!entry || entry.version !== version || now - entry.at > FORGIVEN_AFTER) return undefined;
    const until = finishedAt + entry.delay;
    return now < until ? { until, delay: entry.delay } : undefined;
  }

  /** Counts a restart of `key`. @param version what of the container counts as another one when it changes */
  restarted(key: string, version: string, now: number): void {
    const entry = this.#entries.get(key);
    const goesOn = entry?.version === version && now - entry.at <= FORGIVEN_AFTER;
    const delay = goesOn ? Math.min(LONGEST, entry.delay * 2) : FIRST;
    this.#entries.set(key, { delay, at: now, version });
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

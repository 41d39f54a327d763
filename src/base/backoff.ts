import { sleep, type Clock } from './clock.ts';

/** Exponential delays per key, in milliseconds: `initial`, doubled each time, up to `max`. */
export class Backoff<K> {
  readonly #initial: number;
  readonly #max: number;
  #failures = new Map<K, number>();

  constructor(initial: number, max: number) {
    this.#initial = initial;
    this.#max = max;
  }

  /** Counts one more failure of `key` and returns how long to wait before the next try. */
  next(key: K): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    return Math.min(this.#max, this.#initial * 2 ** Math.min(failures, 52));
  }

  /** How often `key` has failed since it was last forgotten. */
  failures(key: K): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Starts over for `key`. */
  forget(key: K): void {
    this.#failures.delete(key);
  }
}

/** Runs `attempt` until it succeeds or `signal` aborts; between tries it waits as `backoff` says, telling `onFailure`. */
export async function retry<T>(
  clock: Clock,
  backoff: { initial: number; max: number },
  attempt: () => Promise<T>,
  options: { signal?: AbortSignal; onFailure?: (error: unknown, delay: number) => void } = {},
): Promise<T> {
  const delays = new Backoff<'it'>(backoff.initial, backoff.max);
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      const delay = delays.next('it');
      options.onFailure?.(error, delay);
      await sleep(clock, delay, options.signal);
    }
  }
}

import type { Clock, Timer } from '../base/clock.ts';

/** Keys that end within the same second share a timer. */
const BUCKET = 1000;

interface Bucket {
  readonly keys: Set<string>;
  readonly timer: Timer;
}

/** Tells when the time to live of a key is over. */
export class Expiry {
  readonly #clock: Clock;
  readonly #onExpired: (key: string) => void;
  #buckets = new Map<number, Bucket>();
  #deadlines = new Map<string, number>();

  constructor(clock: Clock, onExpired: (key: string) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  /** Lets `key` end in `ttl` seconds, or never when undefined; what was set before counts no more. */
  set(key: string, ttl: number | undefined): void {
    const old = this.#deadlines.get(key);
    if (old !== undefined) this.#forget(key, old);
    if (ttl === undefined) return;
    const deadline = Math.ceil((this.#clock.now() + ttl * 1000) / BUCKET) * BUCKET;
    this.#deadlines.set(key, deadline);
    this.#bucket(deadline).keys.add(key);
  }

  close(): void {
    for (const { timer } of this.#buckets.values()) timer.cancel();
    this.#buckets.clear();
    this.#deadlines.clear();
  }

  #bucket(deadline: number): Bucket {
    let bucket = this.#buckets.get(deadline);
    if (!bucket) {
      bucket = { keys: new Set(), timer: this.#clock.after(deadline - this.#clock.now(), () => this.#end(deadline)) };
      this.#buckets.set(deadline, bucket);
    }
    return bucket;
  }

  #end(deadline: number): void {
    const keys = this.#buckets.get(deadline)?.keys ?? [];
    this.#buckets.delete(deadline);
    for (const key of keys) {
      this.#deadlines.delete(key);
      this.#onExpired(key);
    }
  }

  #forget(key: string, deadline: number): void {
    this.#deadlines.delete(key);
    const bucket = this.#buckets.get(deadline);
    bucket?.keys.delete(key);
    if (bucket?.keys.size === 0) {
      bucket.timer.cancel();
      this.#buckets.delete(deadline);
    }
  }
}

import { Backoff } from '../base/backoff.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { nextTurn } from '../base/turn.ts';
import type { QueueMetrics } from './work-queue-metrics.ts';

/** Milliseconds before the first retry of a key, and the most; client-go's figures. */
const FIRST_RETRY = 5;
const LONGEST_RETRY = 1_000_000;

/** So many waiting keys are given out, then everybody else in the process has a turn: ten thousand must not hold it. */
const IN_A_ROW = 16;

/**
 * A queue of keys with the semantics of client-go's: a key waits once however often it is added; it is never worked
 * on twice at once, and one that is added while it is worked on comes back when that is done.
 */
export class WorkQueue<K = string> {
  readonly #clock: Clock;
  readonly #retries: Backoff<K>;
  readonly #metrics: QueueMetrics | undefined;
  #order = new Fifo<K>();
  #waiting = new Set<K>();
  #working = new Set<K>();
  #delayed = new Map<K, { at: number; timer: Timer }>();
  #takers = new Fifo<(key: K | undefined) => void>();
  #closed = false;
  #inARow = 0;

  constructor(
    clock: Clock,
    retry: { initial: number; max: number } = { initial: FIRST_RETRY, max: LONGEST_RETRY },
    metrics?: QueueMetrics,
  ) {
    this.#clock = clock;
    this.#retries = new Backoff(retry.initial, retry.max);
    this.#metrics = metrics;
  }

  /** How many keys wait to be taken now (those that are delayed do not count). */
  get length(): number {
    return this.#order.length;
  }

  add(key: K): void {
    if (this.#closed || this.#waiting.has(key)) return;
    this.#waiting.add(key);
    this.#metrics?.added(key);
    if (!this.#working.has(key)) this.#offer(key);
  }

  /** Adds `key` in `ms` milliseconds. Of several delays of one key the one that ends first counts. */
  addAfter(key: K, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) return this.add(key);
    const at = this.#clock.monotonic() + ms;
    const known = this.#delayed.get(key);
    if (known && known.at <= at) return;
    known?.timer.cancel();
    const timer = this.#clock.after(ms, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { at, timer });
  }

  /** Adds `key` after a delay that doubles with every call until `forget`. Returns the delay in milliseconds. */
  retry(key: K): number {
    const delay = this.#retries.next(key);
    this.#metrics?.retried();
    this.addAfter(key, delay);
    return delay;
  }

  /** How often `key` was retried since it was last forgotten. */
  failures(key: K): number {
    return this.#retries.failures(key);
  }

  /** The work on `key` succeeded: its next retry starts with the shortest delay. */
  forget(key: K): void {
    this.#retries.forget(key);
  }

  /** The next key, as soon as there is one; undefined when the queue is closed. `done` must follow. */
  async take(): Promise<K | undefined> {
    if (this.#order.length > 0 && ++this.#inARow % IN_A_ROW === 0) await nextTurn();
    if (this.#closed) return undefined;
    if (this.#order.length > 0) return this.#start(this.#order.shift()!);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** The work on `key` has ended, well or not. */
  done(key: K): void {
    this.#working.delete(key);
    this.#metrics?.done(key);
    if (this.#waiting.has(key)) this.#offer(key);
  }

  /** Drops what waits and lets every taker go home. */
  close(): void {
    this.#closed = true;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    this.#waiting.clear();
    this.#order = new Fifo();
    for (let taker = this.#takers.shift(); taker; taker = this.#takers.shift()) taker(undefined);
  }

  #offer(key: K): void {
    const taker = this.#takers.shift();
    if (taker) taker(this.#start(key));
    else this.#order.push(key);
  }

  #start(key: K): K {
    this.#waiting.delete(key);
    this.#metrics?.taken(key);
    this.#working.add(key);
    return key;
  }
}

/** First in, first out, without moving what is left at every step. */
class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

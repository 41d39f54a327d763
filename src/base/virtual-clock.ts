import type { Clock, Timer } from './clock.ts';
import { Heap } from './heap.ts';

interface Pending {
  at: number;
  order: number;
  /** Undefined once it has fired or was cancelled. */
  fn: (() => void) | undefined;
}

/** So many cancelled timers may lie about before somebody sweeps. */
const LITTER = 1000;

/**
 * A clock that moves only when told to. Timers fire in order of their due time, and between two of them the event
 * loop gets room to run what the first one started, so that promises resolved by a timer are seen before the next.
 */
export class VirtualClock implements Clock {
  #now: number;
  #start: number;
  #order = 0;
  #pending = new Heap<Pending>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));
  #cancelled = 0;

  /** @param start the initial wall-clock time, milliseconds since the epoch */
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
    this.#start = start;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now - this.#start;
  }

  after(ms: number, fn: () => void): Timer {
    const pending: Pending = { at: this.#now + Math.max(0, ms), order: this.#order++, fn };
    this.#pending.push(pending);
    return { cancel: () => this.#cancel(pending) };
  }

  every(ms: number, fn: () => void): Timer {
    let timer: Timer;
    const arm = () => {
      timer = this.after(ms, () => {
        arm();
        fn();
      });
    };
    arm();
    return { cancel: () => timer.cancel() };
  }

  /** Advances by `ms`, firing every timer that falls due, each followed by `settle()`. */
  async advance(ms: number, settle: () => Promise<void> = nextTurn): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let due = this.#next(end); due; due = this.#next(end)) {
      this.#now = Math.max(this.#now, due.at);
      const { fn } = due;
      due.fn = undefined;
      fn!();
      await settle();
    }
    this.#now = end;
  }

  /** Takes out the next timer that is due until `end`. */
  #next(end: number): Pending | undefined {
    for (let first = this.#pending.peek(); first && first.at <= end; first = this.#pending.peek()) {
      this.#pending.pop();
      if (first.fn) return first;
      this.#cancelled--;
    }
    return undefined;
  }

  #cancel(pending: Pending): void {
    if (!pending.fn) return;
    pending.fn = undefined;
    if (++this.#cancelled < Math.max(LITTER, this.#pending.size / 2)) return;
    this.#pending.retain(({ fn }) => fn !== undefined);
    this.#cancelled = 0;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

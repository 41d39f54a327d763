import type { Clock, Timer } from './clock.ts';

interface Pending {
  at: number;
  order: number;
  fn: () => void;
}

/**
 * A clock that moves only when told to. Timers fire in order of their due time, and between two of them the event
 * loop gets room to run what the first one started, so that promises resolved by a timer are seen before the next.
 */
export class VirtualClock implements Clock {
  #now: number;
  #start: number;
  #order = 0;
  #pending = new Set<Pending>();

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
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
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
      this.#pending.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.fn();
      await settle();
    }
    this.#now = end;
  }

  #next(end: number): Pending | undefined {
    let first: Pending | undefined;
    for (const p of this.#pending) {
      if (p.at > end) continue;
      if (!first || p.at < first.at || (p.at === first.at && p.order < first.order)) first = p;
    }
    return first;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

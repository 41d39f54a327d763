import type { Clock, Timer } from '../../base/clock.ts';

/** How often a watcher that asked for bookmarks gets one, in milliseconds. */
const EVERY = 60_000;
/** Watches that begin within the same so many milliseconds of a minute share a timer. */
const SLOT = 1000;

interface Slot {
  readonly timer: Timer;
  /** With the (monotonic) time at which each was added. */
  readonly watches: Map<() => void, number>;
}

/**
 * Says when bookmarks are due. Ten thousand watches need sixty timers, not ten thousand, and do not all write in the same
 * turn; in virtual time, where each timer costs a turn of the event loop, all informers of a process share one.
 */
export class BookmarkTimers {
  readonly #clock: Clock;
  readonly #slots = new Map<number, Slot>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `send` every minute, until it is cancelled. */
  add(send: () => void): Timer {
    const now = this.#clock.monotonic();
    const number = Math.floor((now % EVERY) / SLOT);
    const slot = this.#slots.get(number) ?? this.#open(number);
    slot.watches.set(send, now);
    return { cancel: () => this.#remove(number, slot, send) };
  }

  #open(number: number): Slot {
    const watches: Slot['watches'] = new Map();
    const slot = { timer: this.#clock.every(EVERY, () => this.#due(watches)), watches };
    this.#slots.set(number, slot);
    return slot;
  }

  #due(watches: Slot['watches']): void {
    const now = this.#clock.monotonic();
    // One that has only just begun joined late in a slot that is about to end: its first is due a minute from now.
    for (const [send, since] of watches) if (now - since >= SLOT) send();
  }

  #remove(number: number, slot: Slot, send: () => void): void {
    if (!slot.watches.delete(send) || slot.watches.size > 0) return;
    slot.timer.cancel();
    this.#slots.delete(number);
  }
}

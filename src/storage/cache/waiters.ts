import type { Clock, Timer } from '../../base/clock.ts';

interface Waiter {
  readonly revision: number;
  readonly resolve: (reached: boolean) => void;
  readonly timer: Timer;
}

/** Callers that wait until a cache has come to some revision. */
export class Waiters {
  readonly #clock: Clock;
  #waiting = new Set<Waiter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves to true once `reached` is called with `revision` or more, to false after `patience` milliseconds. */
  wait(revision: number, patience: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(patience, () => {
        this.#waiting.delete(waiter);
        resolve(false);
      });
      const waiter: Waiter = { revision, resolve, timer };
      this.#waiting.add(waiter);
    });
  }

  reached(revision: number): void {
    for (const waiter of this.#waiting) if (waiter.revision <= revision) this.#end(waiter, true);
  }

  /** Sends everybody away. */
  close(): void {
    for (const waiter of this.#waiting) this.#end(waiter, false);
  }

  #end(waiter: Waiter, reached: boolean): void {
    this.#waiting.delete(waiter);
    waiter.timer.cancel();
    waiter.resolve(reached);
  }
}

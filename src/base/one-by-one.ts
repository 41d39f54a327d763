import type { Clock, Timer } from './clock.ts';

/**
 * Does one task after the other, and gathers what asks for the next: for those who keep something as the cluster says it
 * should be, of which there must be one writer.
 */
export class OneByOne {
  readonly #clock: Clock;
  #last: Promise<void> = Promise.resolve();
  #pending: Timer | undefined;
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs a task when all before it have ended. Rejects as the task does, which keeps no later one from its turn. */
  run(task: () => Promise<void>): Promise<void> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Calls `begin` after so many milliseconds: once for all that ask meanwhile, and not after the stop. */
  gather(milliseconds: number, begin: () => void): void {
    if (this.#stopped) return;
    this.#pending ??= this.#clock.after(milliseconds, () => {
      this.#pending = undefined;
      begin();
    });
  }

  /** Resolves when nothing is being done that was begun before. Never rejects. */
  get idle(): Promise<void> {
    return this.#last;
  }

  /** From now on nothing is gathered; what is being done goes on to its end, see `idle`. */
  stop(): void {
    this.#stopped = true;
    this.#pending?.cancel();
  }
}

import type { Clock, Timer } from '../base/clock.ts';

/** The time that the containers of a pod have left to end by themselves. It can be cut short, never made longer. */
export class GracePeriod {
  readonly #clock: Clock;
  #end: number;
  #timer: Timer;
  /** Whether there never was any time. */
  readonly immediate: boolean;
  #expired = Promise.withResolvers<void>();

  /** @param ms from now */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.immediate = ms <= 0;
    this.#end = clock.monotonic() + ms;
    this.#timer = clock.after(ms, () => this.#expired.resolve());
  }

  /** Resolves when the time is over. */
  get expired(): Promise<void> {
    return this.#expired.promise;
  }

  /** Milliseconds. */
  get left(): number {
    return Math.max(0, this.#end - this.#clock.monotonic());
  }

  /** Ends it in `ms` milliseconds if that is sooner. */
  shorten(ms: number): void {
    const end = this.#clock.monotonic() + ms;
    if (end >= this.#end) return;
    this.#end = end;
    this.#timer.cancel();
    if (ms <= 0) this.#expired.resolve();
    else this.#timer = this.#clock.after(ms, () => this.#expired.resolve());
  }

  cancel(): void {
    this.#timer.cancel();
  }
}

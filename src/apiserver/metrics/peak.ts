/** Milliseconds of which the largest number is told. */
const SPAN = 1000;

/** The largest that a number was in the last second, so that those who ask now and then see short peaks too. */
export class Peak {
  #current = 0;
  /** The largest since `#since`, and in the span before it. */
  #highest = 0;
  #before = 0;
  #since = 0;

  /** @param now milliseconds of monotonic time */
  set(value: number, now: number): void {
    this.#roll(now);
    this.#current = value;
    if (value > this.#highest) this.#highest = value;
  }

  /** The number as it is. */
  get now(): number {
    return this.#current;
  }

  read(now: number): number {
    this.#roll(now);
    return Math.max(this.#before, this.#highest);
  }

  #roll(now: number): void {
    const elapsed = now - this.#since;
    if (elapsed < SPAN) return;
    this.#before = elapsed < 2 * SPAN ? this.#highest : this.#current;
    this.#highest = this.#current;
    this.#since = now;
  }
}

import { nextTurn } from './turn.ts';

/**
 * Lets so many through at a time, in the order they came. Everybody waits for the end of the turn at least, so that what
 * somebody is about to do twice in one turn is done once.
 */
export class Gate {
  readonly #places: number;
  #inside = 0;
  #waiting: (() => void)[] = [];
  #quiet: PromiseWithResolvers<void> | undefined;

  constructor(places: number) {
    this.#places = places;
  }

  /** Runs `work` when there is a place. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  /** A promise that resolves when nobody is inside; undefined when nobody is. */
  get busy(): Promise<void> | undefined {
    if (this.#inside === 0) return undefined;
    this.#quiet ??= Promise.withResolvers();
    return this.#quiet.promise;
  }

  async #enter(): Promise<void> {
    if (this.#inside < this.#places) {
      this.#inside++;
      await nextTurn();
    } else {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) return next();
    this.#inside--;
    if (this.#inside > 0) return;
    this.#quiet?.resolve();
    this.#quiet = undefined;
  }
}

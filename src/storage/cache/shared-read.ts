/**
 * Lets callers share one slow read of something that only grows newer. A caller never gets the answer of a read that
 * began before it came: those that come while one is under way wait for the next, which begins when that one ends.
 */
export class SharedRead<T> {
  readonly #read: () => Promise<T>;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<T> | undefined;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  get(): Promise<T> {
    this.#next ??= this.#running.then(() => {
      const read = this.#read();
      this.#next = undefined;
      this.#running = read.catch(() => {});
      return read;
    });
    return this.#next;
  }
}

/** The watches that are open, so that a server that stops can end each politely. */
export class OpenWatches {
  readonly #ends = new Set<() => void>();

  /** Registers what ends a watch; returns the function to call when it has ended. */
  add(end: () => void): () => void {
    this.#ends.add(end);
    return () => void this.#ends.delete(end);
  }

  get count(): number {
    return this.#ends.size;
  }

  endAll(): void {
    for (const end of this.#ends) end();
  }
}

type Labels = Readonly<Record<string, string>>;

/** Numbers by topology: by the key of a node's label, then by its value. */
export class TopologyCounts {
  readonly #byKey = new Map<string, Map<string, number>>();

  /** Adds to the topology in which a node with these labels is; no-op when it is in none of this key. */
  add(key: string, labels: Labels, amount: number): void {
    const value = labels[key];
    if (value === undefined) return;
    let counts = this.#byKey.get(key);
    if (!counts) this.#byKey.set(key, (counts = new Map()));
    const sum = (counts.get(value) ?? 0) + amount;
    if (sum !== 0) counts.set(value, sum);
    else if (counts.delete(value) && counts.size === 0) this.#byKey.delete(key);
  }

  /** What is counted where a node with these labels is. */
  get(key: string, labels: Labels): number {
    const counts = this.#byKey.get(key);
    return counts === undefined ? 0 : (counts.get(labels[key]!) ?? 0);
  }

  /** Whether anything is counted under any key, where a node with these labels is. */
  anyAt(labels: Labels): boolean {
    for (const [key, counts] of this.#byKey) if ((counts.get(labels[key]!) ?? 0) > 0) return true;
    return false;
  }

  /** The sum over all keys, where a node with these labels is. */
  sumAt(labels: Labels): number {
    let sum = 0;
    for (const [key, counts] of this.#byKey) sum += counts.get(labels[key]!) ?? 0;
    return sum;
  }

  get empty(): boolean {
    return this.#byKey.size === 0;
  }

  clone(): TopologyCounts {
    const copy = new TopologyCounts();
    for (const [key, counts] of this.#byKey) copy.#byKey.set(key, new Map(counts));
    return copy;
  }
}

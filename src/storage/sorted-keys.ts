/** A chunk is split in two when it grows beyond this, which keeps an insertion cheap at any size. */
const CHUNK = 512;

/** A set of strings in order: insertion and removal cost little even with a hundred thousand of them. */
export class SortedKeys {
  #chunks: string[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds `key`, which may be there already. */
  add(key: string): void {
    if (this.#chunks.length === 0) this.#chunks.push([]);
    const c = this.#chunkOf(key);
    const chunk = this.#chunks[c]!;
    const i = lowerBound(chunk, key);
    if (chunk[i] === key) return;
    chunk.splice(i, 0, key);
    this.#size++;
    if (chunk.length > CHUNK) this.#chunks.splice(c + 1, 0, chunk.splice(CHUNK / 2));
  }

  delete(key: string): void {
    const c = this.#chunkOf(key);
    const chunk = this.#chunks[c];
    if (!chunk) return;
    const i = lowerBound(chunk, key);
    if (chunk[i] !== key) return;
    chunk.splice(i, 1);
    this.#size--;
    if (chunk.length === 0) this.#chunks.splice(c, 1);
  }

  /** The keys from `start` (included) up to `end` (excluded), ascending. Must not be changed meanwhile. */
  *range(start: string, end: string): Generator<string, void> {
    let c = this.#chunkOf(start);
    let i = lowerBound(this.#chunks[c] ?? [], start);
    for (; c < this.#chunks.length; c++, i = 0) {
      const chunk = this.#chunks[c]!;
      for (; i < chunk.length; i++) {
        if (chunk[i]! >= end) return;
        yield chunk[i]!;
      }
    }
  }

  /** The first keys between `start` (included) and `end` (excluded), ascending, at most `limit`. */
  slice(start: string, end: string, limit: number): string[] {
    let c = this.#chunkOf(start);
    let from = lowerBound(this.#chunks[c] ?? [], start);
    let found: string[] = [];
    for (; c < this.#chunks.length && found.length < limit; c++, from = 0) {
      const chunk = this.#chunks[c]!;
      const last = chunk.at(-1)! < end ? chunk.length : lowerBound(chunk, end);
      found = found.concat(chunk.slice(from, Math.min(last, from + limit - found.length)));
      if (last < chunk.length) break;
    }
    return found;
  }

  /** How many keys lie between `start` (included) and `end` (excluded). */
  count(start: string, end: string): number {
    return Math.max(0, this.#rank(end) - this.#rank(start));
  }

  #rank(key: string): number {
    const c = this.#chunkOf(key);
    let rank = lowerBound(this.#chunks[c] ?? [], key);
    for (let i = 0; i < c; i++) rank += this.#chunks[i]!.length;
    return rank;
  }

  /** The last chunk whose first key is not above `key`, or the first. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#chunks[middle]![0]! <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

/** The end of the range of all keys that begin with `prefix`. */
export function prefixEnd(prefix: string): string {
  const last = prefix.length - 1;
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1);
}

/** The index of the first element that is not below `key`. */
function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

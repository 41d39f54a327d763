import type { Entry } from './storage.ts';

/** A page of a list without selectors, in words that hold as long as nothing in its range changes. */
export interface Page {
  readonly prefix: string;
  readonly entries: readonly Entry[];
  /** How many there are behind it; undefined when it is the last. */
  readonly remaining: number | undefined;
}

/** How many pages are kept, how large one and all of them may be (bytes of objects), and how many questions are remembered. */
const MOST = { pages: 16, page: 2 * 2 ** 20, bytes: 8 * 2 ** 20, asked: 256 };

/**
 * Pages that were asked for more than once, until something in the collection changes, so that what is made of a page need
 * be made only once. A page is kept when it is asked for again, which a client that goes through all pages does not. Who
 * offers a page has not found it here.
 */
export class KeptPages {
  /** Those that were used last come last. They are few: a write asks each whether it is concerned. */
  #pages: { readonly id: string; readonly page: Page; readonly size: number }[] = [];
  readonly #asked = new Set<string>();
  #bytes = 0;

  get(id: string): Page | undefined {
    const at = this.#pages.findIndex((kept) => kept.id === id);
    if (at < 0) return undefined;
    const found = this.#pages[at]!;
    if (at < this.#pages.length - 1) this.#pages.push(this.#pages.splice(at, 1)[0]!);
    return found.page;
  }

  /** Notes that a page was made, and says whether it is kept. */
  offer(id: string, page: Page): boolean {
    if (!this.#asked.has(id)) {
      if (this.#asked.size >= MOST.asked) this.#asked.clear();
      this.#asked.add(id);
      return false;
    }
    let size = 0;
    for (const { bytes } of page.entries) size += bytes.length;
    if (size > MOST.page) return false;
    this.#pages.push({ id, page, size });
    this.#bytes += size;
    while (this.#pages.length > MOST.pages || this.#bytes > MOST.bytes) this.#bytes -= this.#pages.shift()!.size;
    return true;
  }

  /** Forgets the pages in whose collection `key` is. */
  changed(key: string): void {
    for (let i = this.#pages.length - 1; i >= 0; i--) {
      if (!key.startsWith(this.#pages[i]!.page.prefix)) continue;
      this.#bytes -= this.#pages[i]!.size;
      this.#pages.splice(i, 1);
    }
  }
}

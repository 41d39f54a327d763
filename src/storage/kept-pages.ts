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
 * be made only once. A page is kept when it is asked for again, which a client that goes through all pages does not.
 */
export class KeptPages {
  #pages = new Map<string, { readonly page: Page; readonly size: number }>();
  readonly #asked = new Set<string>();
  #bytes = 0;

  get(id: string): Page | undefined {
    const found = this.#pages.get(id);
    if (!found) return undefined;
    this.#pages.delete(id); // those that were used last come last
    this.#pages.set(id, found);
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
    this.#drop(id);
    this.#pages.set(id, { page, size });
    this.#bytes += size;
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= MOST.pages && this.#bytes <= MOST.bytes) break;
      this.#drop(oldest);
    }
    return true;
  }

  /** Forgets the pages in whose collection `key` is. */
  changed(key: string): void {
    if (this.#pages.size === 0) return;
    for (const [id, { page }] of this.#pages) if (key.startsWith(page.prefix)) this.#drop(id);
  }

  #drop(id: string): void {
    const known = this.#pages.get(id);
    if (!known) return;
    this.#pages.delete(id);
    this.#bytes -= known.size;
  }
}

import type { KubeObject } from '../../../src/apimachinery/object.ts';
import type { Entry, Freshness, ListOptions, Storage, Update, WatchOptions } from '../../../src/storage/storage.ts';

/** A store whose watch can be made to lose events, to be late, to stall or to end, and which counts what is asked of it. */
export class LossyStorage implements Storage {
  readonly #inner: Storage;
  /** How often the event of a revision is still to be lost. */
  readonly lose = new Map<number, number>();
  stalled = false;
  #held: (() => void)[] | undefined;
  readonly calls = { currentRevision: 0, get: 0, list: 0, watch: 0 };
  #watches = new Set<WatchOptions>();

  constructor(inner: Storage) {
    this.#inner = inner;
  }

  /** From now on events come late: when the function that is returned is called. */
  hold(): () => void {
    const held: (() => void)[] = (this.#held = []);
    return () => {
      this.#held = undefined;
      for (const deliver of held) deliver();
    };
  }

  /** Ends every watch with `error`. */
  break(error: Error): void {
    for (const watch of this.#watches) watch.onClose(error);
    this.#watches.clear();
  }

  get(key: string, freshness?: Freshness): Promise<Entry | undefined> {
    this.calls.get++;
    return this.#inner.get(key, freshness);
  }

  list(prefix: string, options?: ListOptions) {
    this.calls.list++;
    return this.#inner.list(prefix, options);
  }

  count(prefix: string): Promise<number> {
    return this.#inner.count(prefix);
  }

  create(key: string, object: KubeObject, ttl?: number): Promise<Entry> {
    return this.#inner.create(key, object, ttl);
  }

  update(key: string, change: (current: Entry) => Update | Promise<Update>): Promise<Entry> {
    return this.#inner.update(key, change);
  }

  watch(prefix: string, options: WatchOptions): void {
    this.calls.watch++;
    this.#watches.add(options);
    this.#inner.watch(prefix, {
      ...options,
      onEvent: (event) => {
        if (this.#held) {
          this.#held.push(() => options.onEvent(event));
          return;
        }
        const left = this.lose.get(event.revision) ?? 0;
        this.lose.set(event.revision, left - 1);
        if (left <= 0 && !this.stalled && this.#watches.has(options)) options.onEvent(event);
      },
      onProgress: () => {},
    });
  }

  async currentRevision(): Promise<number> {
    this.calls.currentRevision++;
    return this.#inner.currentRevision();
  }

  compact(revision: number): Promise<void> {
    return this.#inner.compact(revision);
  }

  ping(): Promise<void> {
    return this.#inner.ping();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

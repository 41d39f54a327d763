import { isApiError } from '../../apimachinery/api-error.ts';
import { retry } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { errorMessage, type Log } from '../../base/log.ts';
import type { Entry, Storage, StorageEvent } from '../storage.ts';
import { difference } from './difference.ts';

/** What the feed writes to. */
export interface FeedTarget {
  readonly revision: number;
  keys(): Iterable<string>;
  get(key: string): Entry | undefined;
  /** Puts in one entry of the first list. */
  fill(entry: Entry): void;
  /** The first list is complete and true at `revision`. */
  filled(revision: number): void;
  apply(event: StorageEvent): void;
  advance(revision: number): void;
  /** The changes before `revision` were told in short: the past cannot be told any more. */
  forget(revision: number): void;
}

const PAGE = 1000;
const RETRY = { initial: 50, max: 2000 };

/**
 * Keeps a target equal to a store by one list and one watch of everything. Each write raises the store's revision by
 * one, so a gap between events means that one was lost: the watch is then taken up again behind the last good event,
 * and when the store cannot tell the past any more, or loses the same event again, the difference to a new list is
 * applied instead.
 */
export class Feed {
  readonly #inner: Storage;
  readonly #root: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #target: FeedTarget;
  readonly #closing = new AbortController();
  #watch: AbortController | undefined;
  /** The revision behind which the last gap was seen. */
  #gapAfter: number | undefined;

  constructor(inner: Storage, root: string, target: FeedTarget, options: { clock: Clock; log: Log }) {
    this.#inner = inner;
    this.#root = root;
    this.#target = target;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Fills the target and begins to follow. Rejects when the store cannot be read. */
  async open(): Promise<void> {
    const revision = await this.#list((entry) => this.#target.fill(entry));
    this.#target.filled(revision);
    this.#follow();
  }

  close(): void {
    this.#closing.abort(new Error('the cache is closed'));
    this.#watch?.abort();
  }

  #follow(): void {
    if (this.#closing.signal.aborted) return;
    const watch = new AbortController();
    this.#watch = watch;
    this.#inner.watch(this.#root, {
      after: this.#target.revision,
      lean: true,
      signal: watch.signal,
      onEvent: (event) => {
        if (watch.signal.aborted) return;
        if (event.revision > this.#target.revision + 1) this.#gap(watch, event.revision);
        else this.#target.apply(event);
      },
      onProgress: (revision) => {
        if (!watch.signal.aborted) this.#target.advance(revision);
      },
      onClose: (error) => {
        if (watch.signal.aborted) return;
        watch.abort();
        void this.#lost(error);
      },
    });
  }

  #gap(watch: AbortController, next: number): void {
    watch.abort();
    const after = this.#target.revision;
    this.#log.warn('the watch on the store lost events', { after, next });
    const again = this.#gapAfter === after;
    this.#gapAfter = after;
    if (again) void this.#relist();
    else queueMicrotask(() => this.#follow());
  }

  async #lost(error: Error | undefined): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#log.warn('the watch on the store ended', { error: error && errorMessage(error) });
    if (isApiError(error, 'Expired')) return this.#relist();
    this.#clock.after(RETRY.initial, () => this.#follow());
  }

  async #relist(): Promise<void> {
    const listed = new Map<string, Entry>();
    const attempt = async () => {
      listed.clear();
      return this.#list((entry) => listed.set(entry.key, entry));
    };
    try {
      const onFailure = (error: unknown) =>
        this.#log.warn('the store cannot be listed', { error: errorMessage(error) });
      const revision = await retry(this.#clock, RETRY, attempt, { signal: this.#closing.signal, onFailure });
      for (const event of difference(this.#target, listed, revision)) this.#target.apply(event);
      this.#target.advance(revision);
      this.#target.forget(revision);
      this.#follow();
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error;
    }
  }

  /** Reads everything at one revision, which it returns. */
  async #list(take: (entry: Entry) => void): Promise<number> {
    let token: string | undefined;
    for (;;) {
      const page = await this.#inner.list(this.#root, { limit: PAGE, ...(token && { continue: token }) });
      for (const entry of page.entries) take(entry);
      if (!page.continue) return page.revision;
      token = page.continue;
    }
  }
}

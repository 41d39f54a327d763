import { serviceUnavailable, tooLargeResourceVersion } from '../../apimachinery/api-error.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { decodeContinue } from '../continue-token.ts';
import { deletedEntry } from '../entry.ts';
import { KeyIndexes, type IndexDeclaration } from '../key-indexes.ts';
import type { Entry, Freshness, ListOptions, ListResult, Storage, StorageEvent, Update } from '../storage.ts';
import type { WatchOptions } from '../storage.ts';
import { VersionedMap } from '../versioned-map.ts';
import type { CacheMetrics } from './cache-metrics.ts';
import { Feed } from './feed.ts';
import { SharedRead } from './shared-read.ts';
import { Waiters } from './waiters.ts';

export type { IndexDeclaration } from '../key-indexes.ts';

export interface CachedStorageOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly indexes?: readonly IndexDeclaration[];
  /** How many changes stay available to watches and reads of the past. */
  readonly historyLimit?: number;
  /**
   * Whether nobody else writes to the inner store, as to an etcd that only this process has the keys of. Then the own
   * acknowledged writes tell how new a fresh read must be, and it needs no question to the store; and they are taken in
   * at once instead of when the feed brings them. What a lease lets go is seen when the feed brings it.
   */
  readonly soleWriter?: boolean;
  /** How long a read waits for the cache, in milliseconds, before it goes to the store or fails. Default 3000. */
  readonly patience?: number;
  readonly metrics?: CacheMetrics;
}

/** Every key lies under it. */
const ROOT = '/registry/';
const defaultPatience = 3000;

/**
 * A Storage around a Storage: holds the newest state and the latest changes in memory, fed by one watch, and answers
 * reads and watches from there.
 *
 * A read that must be fresh asks the store for its revision (all callers at a time share the question), waits until
 * the cache has come that far, and is served from memory; so it sees every write acknowledged before it, by whichever
 * server. Writes go through and resolve when the store has acknowledged them, which may be before the cache knows of
 * them: `{ atLeast: 0 }` may still show the state before, the first try of `update` does not.
 */
export class CachedStorage implements Storage {
  readonly #inner: Storage;
  readonly #map: VersionedMap;
  readonly #feed: Feed;
  readonly #waiters: Waiters;
  readonly #newest: SharedRead<number>;
  readonly #soleWriter: boolean;
  readonly #patience: number;
  readonly #metrics: CacheMetrics | undefined;
  /** Own writes that the feed has not brought yet. */
  #acknowledged = new Map<string, Entry>();
  /** Own writes of a sole writer, by revision, that wait for one before them. */
  #ahead = new Map<number, StorageEvent>();
  /** The newest revision that a write of our own has made. */
  #lastWrite = 0;
  #state: 'new' | 'open' | 'closed' = 'new';

  constructor(inner: Storage, options: CachedStorageOptions) {
    this.#inner = inner;
    const indexes = options.indexes?.length ? new KeyIndexes(options.indexes) : undefined;
    this.#map = new VersionedMap(options.clock, 0, options.historyLimit, indexes);
    this.#waiters = new Waiters(options.clock);
    this.#newest = new SharedRead(() => inner.currentRevision());
    this.#soleWriter = options.soleWriter ?? false;
    this.#patience = options.patience ?? defaultPatience;
    this.#metrics = options.metrics;
    this.#feed = new Feed(inner, ROOT, this.#target(), options);
  }

  /** Reads everything for the first time; nothing can be asked before. */
  async open(): Promise<void> {
    await this.#feed.open();
    if (this.#state === 'new') this.#state = 'open';
  }

  async get(key: string, freshness?: Freshness): Promise<Entry | undefined> {
    if (freshness && 'exactly' in freshness) return this.#getExactly(key, freshness.exactly);
    const fresh = this.#fresh(freshness);
    if (fresh === true || (await fresh)) return this.#map.get(key);
    return this.#inner.get(key, freshness);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    const exactly = exactRevision(prefix, options);
    if (exactly === undefined) {
      const fresh = this.#fresh(options.freshness as Exclude<Freshness, { exactly: number }>);
      if (fresh === true || (await fresh)) return this.#map.list(prefix, options);
    } else {
      await this.#reach(exactly);
      if (this.#map.reaches(exactly)) return this.#map.list(prefix, options, exactly);
    }
    return this.#inner.list(prefix, options);
  }

  async count(prefix: string): Promise<number> {
    return (await this.#fresh(undefined)) ? this.#map.count(prefix) : this.#inner.count(prefix);
  }

  async create(key: string, object: KubeObject, ttl?: number): Promise<Entry> {
    this.#checkOpen();
    return this.#acknowledge('create', await this.#inner.create(key, object, ttl));
  }

  async update(key: string, change: (current: Entry) => Update | Promise<Update>, guess?: Entry): Promise<Entry> {
    this.#checkOpen();
    const first = guess ?? this.#acknowledged.get(key) ?? this.#map.get(key);
    const last = { update: 'keep' as Update };
    const noting = async (current: Entry) => {
      last.update = await change(current);
      return last.update;
    };
    const entry = await this.#inner.update(key, noting, first);
    if (last.update === 'keep') return entry;
    return this.#acknowledge(last.update === 'delete' ? 'delete' : 'update', entry);
  }

  watch(prefix: string, options: WatchOptions): void {
    if (this.#state !== 'open') return queueMicrotask(() => options.onClose(notOpen()));
    const now = Math.max(this.#map.revision, this.#lastWrite);
    this.#map.hub.watch(prefix, { ...options, after: options.after ?? now });
  }

  async currentRevision(): Promise<number> {
    this.#checkOpen();
    return this.#soleWriter ? Math.max(this.#lastWrite, this.#map.revision) : this.#newest.get();
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen();
    await this.#inner.compact(revision);
    // Changes before it that are still on their way are to be forgotten too.
    await this.#wait(revision);
    this.#map.window.forget(Math.min(revision, this.#map.revision));
  }

  async ping(): Promise<void> {
    this.#checkOpen();
    await this.#inner.ping();
  }

  async size(): Promise<number | undefined> {
    return this.#inner.size?.();
  }

  /** Ends all watches and closes the inner store too. */
  async close(): Promise<void> {
    this.#state = 'closed';
    this.#feed.close();
    this.#waiters.close();
    this.#map.hub.close();
    await this.#inner.close();
  }

  async #getExactly(key: string, revision: number): Promise<Entry | undefined> {
    await this.#reach(revision);
    if (!this.#map.reaches(revision)) return this.#inner.get(key, { exactly: revision });
    return this.#map.getAt(key, revision);
  }

  /**
   * Waits until the cache is as fresh as asked for. False: the store is ahead and the cache does not follow, so the
   * store itself must answer. No promise is made of what is known: admission asks a dozen times for each write.
   * @throws ApiError Timeout when the caller names a revision that does not come
   */
  #fresh(freshness: { atLeast: number } | undefined): boolean | Promise<boolean> {
    this.#checkOpen();
    if (freshness) {
      return freshness.atLeast <= this.#map.revision || this.#reach(freshness.atLeast).then(() => true);
    }
    if (this.#soleWriter) return this.#wait(this.#lastWrite);
    return this.#newest.get().then((newest) => this.#wait(newest));
  }

  /** @throws ApiError Timeout when the cache does not come to `revision` */
  async #reach(revision: number): Promise<void> {
    this.#checkOpen();
    if (!(await this.#wait(revision))) throw tooLargeResourceVersion(revision, this.#map.revision);
  }

  #wait(revision: number): boolean | Promise<boolean> {
    return revision <= this.#map.revision || this.#waiters.wait(revision, this.#patience);
  }

  #acknowledge(type: StorageEvent['type'], entry: Entry): Entry {
    const { key, revision } = entry;
    this.#lastWrite = Math.max(this.#lastWrite, revision);
    if (type === 'delete') this.#acknowledged.delete(key);
    if (revision <= this.#map.revision) return entry;
    if (type !== 'delete') {
      const other = this.#acknowledged.get(key);
      if (!other || other.revision < revision) this.#acknowledged.set(key, entry);
    }
    if (this.#soleWriter) {
      this.#ahead.set(revision, { type, entry, revision });
      this.#catchUp();
    }
    return entry;
  }

  /** Takes in own writes as long as each follows the last change known; the rest waits for what is between. */
  #catchUp(): void {
    for (const revision of this.#ahead.keys()) if (revision <= this.#map.revision) this.#ahead.delete(revision);
    for (;;) {
      const next = this.#map.revision + 1;
      const event = this.#ahead.get(next);
      if (!event) return;
      this.#ahead.delete(next);
      this.#apply(event);
    }
  }

  #checkOpen(): void {
    if (this.#state !== 'open') throw notOpen();
  }

  #target() {
    const map = this.#map;
    return {
      get revision() {
        return map.revision;
      },
      keys: () => map.keys(),
      get: (key: string) => map.get(key),
      fill: (entry: Entry) => map.set(compacted(entry)),
      filled: (revision: number) => {
        map.restart(revision);
        this.#metrics?.filled();
      },
      apply: (event: StorageEvent) => {
        if (!this.#isKnown(event)) this.#apply(event);
        if (this.#ahead.size > 0) this.#catchUp();
      },
      forget: (revision: number) => {
        map.window.forget(revision);
        for (const [key, own] of this.#acknowledged) if (own.revision <= revision) this.#acknowledged.delete(key);
      },
      advance: (revision: number) => {
        map.advance(revision);
        this.#waiters.reached(map.revision);
        if (this.#ahead.size > 0) this.#catchUp();
      },
    };
  }

  /**
   * Whether the feed brings what was taken in before. A put has a revision of its own; deletes of one lease share theirs,
   * and come together.
   */
  #isKnown({ type, entry, revision }: StorageEvent): boolean {
    if (revision > this.#map.revision) return false;
    return type !== 'delete' || (this.#map.get(entry.key)?.revision ?? revision) >= revision;
  }

  /** Takes an event of the inner store, completed by what is known here of the state before. */
  #apply({ type, entry: told, revision }: StorageEvent): void {
    const key = told.key;
    this.#metrics?.dispatched(key);
    const own = this.#acknowledged.get(key);
    if (own && own.revision <= revision) this.#acknowledged.delete(key);
    const previous = this.#map.get(key);
    if (type === 'delete') {
      if (previous) this.#map.apply({ type, entry: compacted(deletedEntry(previous, revision)), previous, revision });
      else this.#map.advance(revision);
    } else {
      const entry = compacted(own?.revision === revision ? own : told);
      this.#map.apply({ type: previous ? 'update' : 'create', entry, previous, revision });
    }
    this.#waiters.reached(revision);
  }
}

/** Makes the entry's own bytes, which lets go of the larger buffer (a message of etcd) that they came in. */
function compacted(entry: Entry): Entry {
  void entry.bytes;
  return entry;
}

/** The revision that the options fix, if they do. */
function exactRevision(prefix: string, { continue: token, freshness }: ListOptions): number | undefined {
  if (token) return decodeContinue(prefix, token).revision;
  return freshness && 'exactly' in freshness ? freshness.exactly : undefined;
}

function notOpen(): Error {
  return serviceUnavailable('the store is not open: the server is starting or stopping');
}

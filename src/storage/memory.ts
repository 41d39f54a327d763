import { tooLargeResourceVersion } from '../apimachinery/api-error.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import type { Clock } from '../base/clock.ts';
import { decodeContinue } from './continue-token.ts';
import { deletedEntry, encodeStored, StoredEntry } from './entry.ts';
import { Expiry } from './expiry.ts';
import { KeyExists, KeyNotFound } from './storage.ts';
import type { Entry, Freshness, ListOptions, ListResult, Storage, Update, WatchOptions } from './storage.ts';
import { VersionedMap } from './versioned-map.ts';

export interface MemoryStorageOptions {
  /** Drives the expiry of keys with a time to live. */
  readonly clock: Clock;
  /** How many changes stay available to watches and reads of the past. */
  readonly historyLimit?: number;
}

/**
 * A real store that lives in this process: revisions, history, watches, time to live, compaction. For clusters inside
 * tests, and the measure of what any other store must do.
 */
export class MemoryStorage implements Storage {
  // etcd begins at 1 too; 0 has a meaning of its own in the API.
  readonly #map: VersionedMap;
  readonly #expiry: Expiry;
  #closed = false;

  constructor(options: MemoryStorageOptions) {
    this.#map = new VersionedMap(options.clock, 1, options.historyLimit);
    this.#expiry = new Expiry(options.clock, (key) => this.#delete(key));
  }

  async get(key: string, freshness?: Freshness): Promise<Entry | undefined> {
    this.#check(freshness);
    return freshness && 'exactly' in freshness ? this.#map.getAt(key, freshness.exactly) : this.#map.get(key);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    const { freshness } = options;
    const fixed = options.continue ? decodeContinue(prefix, options.continue).revision : undefined;
    this.#check(fixed === undefined ? freshness : { exactly: fixed });
    return this.#map.list(prefix, options, freshness && 'exactly' in freshness ? freshness.exactly : undefined);
  }

  async count(prefix: string): Promise<number> {
    this.#checkOpen();
    return this.#map.count(prefix);
  }

  async create(key: string, object: KubeObject, ttl?: number): Promise<Entry> {
    this.#checkOpen();
    if (this.#map.get(key)) throw new KeyExists(key);
    return this.#put(key, object, ttl);
  }

  async update(key: string, change: (current: Entry) => Update | Promise<Update>): Promise<Entry> {
    for (;;) {
      this.#checkOpen();
      const current = this.#map.get(key);
      if (!current) throw new KeyNotFound(key);
      const update = await change(current);
      if (this.#map.get(key) !== current) continue;
      if (update === 'keep') return current;
      return update === 'delete' ? this.#delete(key)! : this.#put(key, update.store, update.ttl);
    }
  }

  watch(prefix: string, options: WatchOptions): void {
    if (this.#closed) return queueMicrotask(() => options.onClose(new Error('the store is closed')));
    this.#map.hub.watch(prefix, options);
  }

  async currentRevision(): Promise<number> {
    this.#checkOpen();
    return this.#map.revision;
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen();
    if (revision > this.#map.revision) throw tooLargeResourceVersion(revision, this.#map.revision);
    this.#map.window.forget(revision);
  }

  async ping(): Promise<void> {
    this.#checkOpen();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#expiry.close();
    this.#map.hub.close();
  }

  #put(key: string, object: KubeObject, ttl: number | undefined): Entry {
    const previous = this.#map.get(key);
    const revision = this.#map.revision + 1;
    const entry = new StoredEntry(key, revision, encodeStored(object));
    this.#map.apply({ type: previous ? 'update' : 'create', entry, previous, revision });
    this.#expiry.set(key, ttl);
    return entry;
  }

  #delete(key: string): Entry | undefined {
    const previous = this.#map.get(key);
    if (!previous) return undefined;
    const revision = this.#map.revision + 1;
    const entry = deletedEntry(previous, revision);
    this.#expiry.set(key, undefined);
    this.#map.apply({ type: 'delete', entry, previous, revision });
    return entry;
  }

  #check(freshness: Freshness): void {
    this.#checkOpen();
    if (!freshness) return;
    if ('exactly' in freshness) return this.#map.check(freshness.exactly);
    if (freshness.atLeast > this.#map.revision) throw tooLargeResourceVersion(freshness.atLeast, this.#map.revision);
  }

  #checkOpen(): void {
    if (this.#closed) throw new Error('the store is closed');
  }
}

import type { KubeObject } from '../apimachinery/object.ts';

/**
 * A stored object at one revision. `object` and `bytes` say the same, both with `metadata.resourceVersion` set to
 * `revision`; each is made when first asked for and then kept. Nobody may change `object`: copy it first.
 */
export interface Entry {
  readonly key: string;
  /** The store's revision of the last write to this key. */
  readonly revision: number;
  readonly object: KubeObject;
  /** The object's JSON: what GET sends and LIST concatenates. */
  readonly bytes: Buffer;
}

/** A change of one key. `entry` of a delete is the last state, with the delete's own revision. */
export interface StorageEvent {
  readonly type: 'create' | 'update' | 'delete';
  readonly entry: Entry;
  /** The state before an update or delete. */
  readonly previous?: Entry | undefined;
  readonly revision: number;
}

/**
 * How fresh a read must be. `undefined`: as new as any write acknowledged before the call. `{ atLeast: 0 }`: whatever
 * is at hand. `{ atLeast: n }`: not older than n. `{ exactly: n }`: the state at n, or an `expired` error.
 */
export type Freshness = undefined | { readonly atLeast: number } | { readonly exactly: number };

export interface ListOptions {
  readonly freshness?: Freshness;
  /** At most so many entries; the answer's `continue` goes on behind the last. */
  readonly limit?: number;
  /** Where to go on: the `continue` of an earlier answer. It fixes the revision, unless it asks for the newest. */
  readonly continue?: string;
  /**
   * Only entries of which this is true. `limit` counts the entries that match. An index that the store was told of
   * (see `cache/`) narrows the scan; the test is applied all the same.
   */
  readonly match?: (object: KubeObject) => boolean;
  /** Narrows to entries whose index `name` has `value`, where the store keeps that index; else ignored. */
  readonly index?: { readonly name: string; readonly value: string };
}

export interface ListResult {
  readonly entries: readonly Entry[];
  /** The revision at which the list is true. */
  readonly revision: number;
  /** Set when there is more. */
  readonly continue?: string;
  /** How many more there are, where it is known at no cost (never with `match`). */
  readonly remaining?: number;
  /** True when the same `entries` (the array itself) will be the answer again: what is made of them may be kept with them. */
  readonly kept?: boolean;
}

export interface WatchOptions {
  /** Events after this revision. `undefined`: from now on. An unknown past is an `expired` error given to `onClose`. */
  readonly after?: number;
  readonly signal: AbortSignal;
  /**
   * Says that only changes matter of entries whose index `name` has `value` before or after. The store may tell of others
   * all the same.
   */
  readonly index?: { readonly name: string; readonly value: string };
  /**
   * True where the watcher knows the states before by itself (a cache): `previous` may then be missing, and the entry
   * of a delete may hold no object.
   */
  readonly lean?: boolean;
  /** Called synchronously, in revision order, each event once. Must not throw or block. */
  onEvent(event: StorageEvent): void;
  /** Tells how far the watch has come although nothing happened under `prefix`: everything up to `revision` was delivered. */
  onProgress?(revision: number): void;
  /** Called once when the watch ends for any reason but `signal`, with the error if there was one. */
  onClose(error?: Error): void;
}

/** What a write function may answer: the object to store, the deletion of the key, or that all is well as it is. */
export type Update = { readonly store: KubeObject; readonly ttl?: number } | 'delete' | 'keep';

/**
 * A keyed store of Kubernetes objects with revisions and watches: the contract of
 * `kubernetes/apiserver/pkg/storage/interfaces.go` in our shape. Keys look like `/registry/apps/deployments/default/web`.
 * Errors are plain: callers that know the resource's name turn `KeyExists` and `KeyNotFound` into `ApiError`s;
 * only `expired` and `tooLargeResourceVersion` come as `ApiError` from here.
 */
export interface Storage {
  /** The entry, or undefined when there is none. */
  get(key: string, freshness?: Freshness): Promise<Entry | undefined>;
  /** The entries whose keys begin with `prefix` (which ends in `/`, or with a name in it narrows the scan), in key order. */
  list(prefix: string, options?: ListOptions): Promise<ListResult>;
  /** How many keys begin with `prefix`. */
  count(prefix: string): Promise<number>;
  /**
   * Stores a new object. `ttl` in seconds lets it go by itself.
   * @throws KeyExists
   */
  create(key: string, object: KubeObject, ttl?: number): Promise<Entry>;
  /**
   * Reads the newest state, gives it to `change`, and writes what that answers if nobody wrote in between; else starts
   * over. `change` may run several times and must not change its argument. What it throws ends the update unwritten.
   * The first try may use a cached state; an error thrown by `change` on a state that turns out stale is retried on the newest.
   * `guess` is an entry to try first, which may be stale; it saves a read.
   * @returns the entry after the write; for `delete` the last state with the delete's revision; for `keep` the current one
   * @throws KeyNotFound when there is none
   */
  update(key: string, change: (current: Entry) => Update | Promise<Update>, guess?: Entry): Promise<Entry>;
  /** Starts a watch of all keys that begin with `prefix`, which ends in `/`; one that does not is the key of one entry. */
  watch(prefix: string, options: WatchOptions): void;
  /** The newest revision, at least as new as any write acknowledged before the call. */
  currentRevision(): Promise<number>;
  /** Forgets history before `revision`; reads and watches from before answer `expired`. */
  compact(revision: number): Promise<void>;
  /** Bytes that the store takes on its disk, where that is known. */
  size?(): Promise<number | undefined>;
  /** Resolves when the store can answer; for health checks. @throws when it cannot */
  ping(): Promise<void>;
  /** Ends all watches and frees what it holds. */
  close(): Promise<void>;
}

/** Thrown by `create`: there is an entry under the key. */
export class KeyExists extends Error {
  readonly key: string;
  constructor(key: string) {
    super(`key ${key} exists already`);
    this.name = 'KeyExists';
    this.key = key;
  }
}

/** Thrown by `update`: there is no entry under the key. */
export class KeyNotFound extends Error {
  readonly key: string;
  constructor(key: string) {
    super(`there is no key ${key}`);
    this.name = 'KeyNotFound';
    this.key = key;
  }
}

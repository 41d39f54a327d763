import { isApiError, tooLargeResourceVersion } from '../apimachinery/api-error.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import { Backoff } from '../base/backoff.ts';
import { sleep, type Clock } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import { deletedEntry, encodeStored, StoredEntry } from './entry.ts';
import { etcdFailure, isAway } from './etcd-failure.ts';
import { decodeTxn, encodeTxn, txnPath, type TxnAnswer } from './etcd-txn.ts';
import { decodeRange, encodeRange, rangePath, type RangeRequest } from './etcd-range.ts';
import { EtcdUpkeep } from './etcd-upkeep.ts';
import { EtcdWatch } from './etcd-watch.ts';
import { watchPath, type EtcdEvent } from './etcd-watch-messages.ts';
import type { EtcdKeyValue } from './etcd-wire.ts';
import { GrpcClient, type GrpcOptions } from './grpc-client.ts';
import { LeasePool } from './lease-pool.ts';
import { OwnWrites } from './own-writes.ts';
import { prefixEnd } from './sorted-keys.ts';
import { KeyExists, KeyNotFound } from './storage.ts';
import type { Entry, Freshness, ListOptions, ListResult, Storage, Update, WatchOptions } from './storage.ts';

/** Where etcd is and how it is spoken to; all endpoints are https or none. The clock must be the machine's. */
export interface EtcdStorageOptions extends GrpcOptions {
  readonly log: Log;
  /** Put before every key, so that several clusters can share an etcd. Default: none. */
  readonly prefix?: string;
}

/** A call is given up after this many milliseconds. */
const DEADLINE = 10_000;
/** While etcd is away a call is tried again for so long before it fails. */
const PATIENCE = 5000;
const RETRY = { initial: 50, max: 500 };
/** Entries per request of a list. */
const PAGE = 1000;
/** The prefix that holds everything. Its watch covers all of etcd, so that no revision is missing in it. */
const ROOT = '/registry/';
const NUL = Buffer.from([0]);
/** A key that nobody has, to ask for the revision with. */
const NOBODY = NUL;
/** A delete without its last state, for watchers that know it themselves. */
const NO_STATE = Buffer.from('{}');

/** A store in etcd 3.4 or newer. Every write is one transaction with one operation, so each raises the revision by one. */
export class EtcdStorage implements Storage {
  readonly #client: GrpcClient;
  readonly #upkeep: EtcdUpkeep;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #prefix: string;
  readonly #where: string;
  readonly #leases: LeasePool;
  readonly #ownWrites = new OwnWrites();
  readonly #closing = new AbortController();

  constructor(options: EtcdStorageOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#prefix = options.prefix ?? '';
    this.#where = options.endpoints.join(', ');
    this.#client = new GrpcClient(options);
    this.#upkeep = new EtcdUpkeep(options);
    this.#leases = new LeasePool(options.clock, (seconds) =>
      this.#call('grant', () => this.#upkeep.grantLease(seconds, DEADLINE)),
    );
  }

  async get(key: string, freshness?: Freshness): Promise<Entry | undefined> {
    const range = { key: this.#key(key) };
    const { kvs } = await this.#range(range, freshness);
    return kvs[0] && this.#entry(kvs[0]);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    const position = options.continue ? decodeContinue(prefix, options.continue) : undefined;
    const end = this.#key(prefixEnd(prefix));
    const { limit, match } = options;
    const entries: Entry[] = [];
    const fixed = position?.revision;
    let freshness: Freshness = fixed === undefined ? options.freshness : { exactly: fixed };
    let start = position ? position.last + '\0' : prefix;
    for (;;) {
      const size = limit && !match ? Math.min(PAGE, limit - entries.length) : PAGE;
      const page = await this.#range({ key: this.#key(start), end, limit: size }, freshness);
      const revision = freshness && 'exactly' in freshness ? freshness.exactly : page.revision;
      freshness = { exactly: revision };
      const rest = page.count - page.kvs.length;
      for (const [i, kv] of page.kvs.entries()) {
        const entry = this.#entry(kv);
        if (match && !match(entry.object)) continue;
        if (limit && entries.length === limit) return partial(prefix, entries, revision);
        entries.push(entry);
        if (!match && entries.length === limit && rest + page.kvs.length - i - 1 > 0) {
          return { ...partial(prefix, entries, revision), remaining: rest };
        }
      }
      if (rest <= 0) return { entries, revision };
      start = this.#entry(page.kvs.at(-1)!).key + '\0';
    }
  }

  async count(prefix: string): Promise<number> {
    const range = { key: this.#key(prefix), end: this.#key(prefixEnd(prefix)), countOnly: true };
    return (await this.#range(range, undefined)).count;
  }

  async create(key: string, object: KubeObject, ttl?: number): Promise<Entry> {
    const value = encodeStored(object);
    return this.#noting(key, value, object, async () => {
      const done = await this.#write(this.#key(key), 0, { value, ttl });
      if (!done.written) throw new KeyExists(key);
      return this.#own(key, done.revision, value);
    });
  }

  async update(key: string, change: (current: Entry) => Update | Promise<Update>, guess?: Entry): Promise<Entry> {
    let current = guess ?? (await this.#existing(key));
    let certain = !guess;
    for (;;) {
      const update = await attempt(change, current);
      if ('error' in update || update.answer === 'keep') {
        const newest = certain ? current : await this.#existing(key);
        certain = true;
        if (newest.revision === current.revision && 'error' in update) throw update.error;
        if (newest.revision === current.revision) return newest;
        current = newest;
        continue;
      }
      const done = await this.#replace(current, update.answer);
      if (done.entry) return done.entry;
      if (!done.newest) throw new KeyNotFound(key);
      current = this.#entry(done.newest);
      certain = true;
    }
  }

  watch(prefix: string, options: WatchOptions): void {
    const whole = prefix === ROOT;
    const range = whole ? { key: NUL, end: NUL } : { key: this.#key(prefix), end: this.#key(watchEnd(prefix)) };
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    this.#closing.signal.addEventListener('abort', () => options.signal.aborted || options.onClose(), {
      once: true,
      signal: options.signal,
    });
    const start = this.#key(prefix);
    const watch = new EtcdWatch({
      open: (request, listener) => this.#client.stream(watchPath, request, listener),
      range,
      after: options.after,
      withPrevious: !options.lean,
      clock: this.#clock,
      log: this.#log,
      signal,
      onEvent: (event) => {
        if (event.kv.key.subarray(0, start.length).equals(start)) this.#deliver(event, options);
        else options.onProgress?.(event.kv.modRevision);
      },
      onClose: (error) => options.onClose(error),
    });
    void watch.run();
  }

  async currentRevision(): Promise<number> {
    return (await this.#range({ key: NOBODY }, undefined)).revision;
  }

  async compact(revision: number): Promise<void> {
    try {
      await this.#call('compact', () => this.#upkeep.compact(revision, DEADLINE));
    } catch (error) {
      if (isApiError(error, 'Expired')) return; // Somebody else was faster.
      throw error;
    }
  }

  size(): Promise<number> {
    return this.#call('status', () => this.#upkeep.size(DEADLINE));
  }

  async ping(): Promise<void> {
    await this.currentRevision();
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the store is closed'));
    this.#client.close();
    this.#upkeep.close();
  }

  #key(key: string): Buffer {
    return Buffer.from(this.#prefix + key);
  }

  #entry(kv: EtcdKeyValue): StoredEntry {
    return this.#own(kv.key.toString().slice(this.#prefix.length), kv.modRevision, kv.value);
  }

  async #existing(key: string): Promise<Entry> {
    const entry = await this.get(key);
    if (!entry) throw new KeyNotFound(key);
    return entry;
  }

  #deliver({ deleted, kv, previous: before }: EtcdEvent, options: WatchOptions): void {
    const revision = kv.modRevision;
    const previous = before?.modRevision ? this.#entry(before) : undefined;
    if (!deleted) {
      const kind = kv.createRevision === revision ? 'create' : 'update';
      return options.onEvent({ type: kind, entry: this.#entry(kv), previous, revision });
    }
    const key = kv.key.toString().slice(this.#prefix.length);
    const entry = previous ? deletedEntry(previous, revision) : new StoredEntry(key, revision, NO_STATE);
    options.onEvent({ type: 'delete', entry, previous, revision });
  }

  /** A range read as fresh as asked for. */
  async #range(range: RangeRequest, freshness: Freshness) {
    const read = async (more: Partial<RangeRequest>) => {
      const request = encodeRange({ ...range, ...more });
      return decodeRange(await this.#call('read', () => this.#client.call(rangePath, request, DEADLINE), freshness));
    };
    if (!freshness) return read({});
    if ('exactly' in freshness) return read({ revision: freshness.exactly });
    const local = await read({ serializable: true });
    if (local.revision >= freshness.atLeast) return local;
    const newest = await read({});
    if (newest.revision < freshness.atLeast) throw tooLargeResourceVersion(freshness.atLeast, newest.revision);
    return newest;
  }

  /** Writes what a change of `current` answered, if nobody was faster; else tells the newest state. */
  async #replace(current: Entry, answer: Exclude<Update, 'keep'>) {
    const name = this.#key(current.key);
    if (answer === 'delete') {
      const done = await this.#write(name, current.revision, undefined);
      return { entry: done.written ? deletedEntry(current, done.revision) : undefined, newest: done.newest };
    }
    const { store, ttl } = answer;
    const value = encodeStored(store);
    return this.#noting(current.key, value, store, async () => {
      const done = await this.#write(name, current.revision, { value, ttl });
      return { entry: done.written ? this.#own(current.key, done.revision, value) : undefined, newest: done.newest };
    });
  }

  /** Does a write while it is known as one of ours. */
  async #noting<T>(key: string, value: Buffer, object: KubeObject, write: () => Promise<T>): Promise<T> {
    this.#ownWrites.begin(key, value, object);
    try {
      return await write();
    } finally {
      this.#ownWrites.end(key, value);
    }
  }

  #own(key: string, revision: number, value: Buffer): StoredEntry {
    return new StoredEntry(key, revision, value, this.#ownWrites.objectOf(key, revision, value));
  }

  /**
   * One conditional put or (without `put`) delete. A connection that breaks in between leaves open whether it was done;
   * it is then tried again, and a state that is exactly what was to be written counts as done: objects carry a uid.
   */
  async #write(key: Buffer, expected: number, put: { value: Buffer; ttl: number | undefined } | undefined) {
    let tries = 0;
    const send = async () => {
      tries++;
      const lease = put?.ttl === undefined ? undefined : await this.#leases.lease(put.ttl);
      const request = encodeTxn({ key, expected, value: put?.value, lease });
      return decodeTxn(await this.#client.call(txnPath, request, DEADLINE));
    };
    let answer: TxnAnswer;
    try {
      answer = await this.#call('write', send);
    } catch (error) {
      if (put?.ttl === undefined || !errorMessage(error).includes('lease not found')) throw error;
      this.#leases.forget(put.ttl);
      answer = await this.#call('write', send);
    }
    const { revision, succeeded, current: newest } = answer;
    if (succeeded) return { written: true, revision, newest: undefined };
    const ours = tries > 1 && (put ? newest?.value.equals(put.value) : !newest);
    return { written: ours === true, revision: ours && newest ? newest.modRevision : revision, newest };
  }

  /** Calls etcd, again and again for a while when it is away. */
  async #call<T>(what: string, send: () => Promise<T>, freshness?: Freshness): Promise<T> {
    const started = this.#clock.monotonic();
    const backoff = new Backoff<'it'>(RETRY.initial, RETRY.max);
    for (;;) {
      if (this.#closing.signal.aborted) throw new Error('the store is closed');
      try {
        return await send();
      } catch (error) {
        const away = isAway(error);
        if (!away || this.#clock.monotonic() - started > PATIENCE)
          throw etcdFailure(error, { what, freshness, where: this.#where, deadline: DEADLINE });
        await sleep(this.#clock, backoff.next('it'), this.#closing.signal);
      }
    }
  }
}

/** Runs a change function and catches what it throws, for it may have seen a stale state. */
async function attempt(
  change: (current: Entry) => Update | Promise<Update>,
  current: Entry,
): Promise<{ answer: Update } | { error: unknown }> {
  try {
    return { answer: await change(current) };
  } catch (error) {
    return { error };
  }
}

function partial(prefix: string, entries: readonly Entry[], revision: number): ListResult {
  return { entries, revision, continue: encodeContinue(prefix, { revision, last: entries.at(-1)!.key }) };
}

/** The key behind the last that a watch of `prefix` concerns. */
function watchEnd(prefix: string): string {
  return prefix.endsWith('/') ? prefixEnd(prefix) : `${prefix}\0`;
}

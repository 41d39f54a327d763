import { expired, tooLargeResourceVersion } from '../apimachinery/api-error.ts';
import type { Clock } from '../base/clock.ts';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import { EventWindow } from './event-window.ts';
import type { KeyIndexes } from './key-indexes.ts';
import { KeptPages, type Page } from './kept-pages.ts';
import { prefixEnd, SortedKeys } from './sorted-keys.ts';
import type { Entry, ListOptions, ListResult, StorageEvent } from './storage.ts';
import { WatchHub } from './watch-hub.ts';

/** Events kept for watches and reads of the past. */
export const DEFAULT_HISTORY = 20_000;

/** What differs from the newest state at an older revision: the entry there was, or that there was none. */
type Overlay = ReadonlyMap<string, Entry | undefined>;

/**
 * The newest state of a key space in memory, the window of its latest changes, and its watchers: what the memory store
 * and the watch cache have in common. All of it is synchronous.
 */
export class VersionedMap {
  readonly window: EventWindow;
  readonly hub: WatchHub;
  readonly #indexes: KeyIndexes | undefined;
  readonly #kept = new KeptPages();
  #entries = new Map<string, Entry>();
  #keys = new SortedKeys();
  #revision: number;

  /** @param revision the revision at which it begins, empty */
  constructor(clock: Clock, revision: number, history = DEFAULT_HISTORY, indexes?: KeyIndexes) {
    this.#revision = revision;
    this.window = new EventWindow(revision, history);
    this.hub = new WatchHub(clock, this.window, indexes);
    this.#indexes = indexes;
  }

  get revision(): number {
    return this.#revision;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }

  count(prefix: string): number {
    return this.#keys.count(prefix, prefixEnd(prefix));
  }

  /** Makes a change and tells the watchers. */
  apply(event: StorageEvent): void {
    if (event.type === 'delete') this.#remove(event.entry.key);
    else this.set(event.entry);
    this.#revision = event.revision;
    this.window.push(event);
    this.hub.publish(event);
  }

  /** Notes that the key space is at `revision` although nothing changed here. */
  advance(revision: number): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    this.hub.advance(revision);
  }

  /** Puts an entry in without an event: the filling of a cache. */
  set(entry: Entry): void {
    if (!this.#entries.has(entry.key)) this.#keys.add(entry.key);
    this.#entries.set(entry.key, entry);
    this.#indexes?.set(entry);
    this.#kept.changed(entry.key);
  }

  #remove(key: string): void {
    this.#entries.delete(key);
    this.#keys.delete(key);
    this.#indexes?.delete(key);
    this.#kept.changed(key);
  }

  /** Begins the window anew at `revision`: what was before cannot be told any more. */
  restart(revision: number): void {
    this.#revision = revision;
    this.window.reset(revision);
    this.hub.advance(revision);
  }

  /** Whether the state at `revision` can be told. */
  reaches(revision: number): boolean {
    return revision >= this.window.floor;
  }

  /** @throws ApiError Timeout when `revision` lies ahead, Expired when it is too long ago */
  check(revision: number): void {
    if (revision > this.#revision) throw tooLargeResourceVersion(revision, this.#revision);
    if (!this.reaches(revision)) throw tooOld(revision, this.window.floor);
  }

  /** The entry at `revision`, which must pass `check`. */
  getAt(key: string, revision: number): Entry | undefined {
    const next = this.window.since(revision).find((event) => event.entry.key === key);
    return next ? next.previous : this.#entries.get(key);
  }

  /** One page. The revision of `options.continue`, or else `revision`, must pass `check`. */
  list(prefix: string, options: ListOptions, revision = this.#revision): ListResult {
    const position = options.continue ? decodeContinue(prefix, options.continue) : undefined;
    const at = position?.revision ?? revision;
    this.check(at);
    const start = position ? position.last + '\0' : prefix;
    if (at === this.#revision && !options.match && !options.index) return this.#plainPage(prefix, start, options.limit);
    const overlay = this.#overlay(prefix, at);
    const entries = this.#entriesFrom(start, prefixEnd(prefix), overlay, options.index);
    return page(prefix, entries, options, at, () => this.#rest(overlay, prefix));
  }

  /** A page of everything as it is now. */
  #plainPage(prefix: string, start: string, limit: number | undefined): ListResult {
    const id = `${limit ?? 0} ${prefix} ${start}`;
    const known = this.#kept.get(id);
    if (known) return { ...told(known, this.#revision), kept: true };
    const end = prefixEnd(prefix);
    const keys = this.#keys.slice(start, end, limit || Infinity);
    const entries = keys.map((key) => this.#entries.get(key)!);
    const remaining = limit && keys.length === limit ? this.#keys.count(`${keys.at(-1)!}\0`, end) : 0;
    const page: Page = { prefix, entries, remaining: remaining || undefined };
    const kept = this.#kept.offer(id, page);
    return { ...told(page, this.#revision), ...(kept && { kept }) };
  }

  /** A counter of the entries behind a key at the overlay's revision. */
  #rest(overlay: Overlay, prefix: string): (last: string) => number {
    return (last) => {
      let rest = this.#keys.count(last + '\0', prefixEnd(prefix));
      for (const [key, entry] of overlay) if (key > last) rest += Number(!!entry) - Number(this.#entries.has(key));
      return rest;
    };
  }

  #overlay(prefix: string, revision: number): Overlay {
    const overlay = new Map<string, Entry | undefined>();
    if (revision === this.#revision) return overlay;
    for (const { entry, previous } of this.window.since(revision)) {
      if (entry.key.startsWith(prefix) && !overlay.has(entry.key)) overlay.set(entry.key, previous);
    }
    return overlay;
  }

  *#entriesFrom(start: string, end: string, overlay: Overlay, index: ListOptions['index']): Generator<Entry, void> {
    for (const key of this.#keysFrom(start, end, overlay, index)) {
      const entry = overlay.has(key) ? overlay.get(key) : this.#entries.get(key);
      if (entry) yield entry;
    }
  }

  #keysFrom(start: string, end: string, overlay: Overlay, index: ListOptions['index']): Iterable<string> {
    const indexed = index && this.#indexes?.keys(start, index.name, index.value);
    const inRange = (key: string) => key >= start && key < end;
    if (indexed) return [...new Set([...indexed, ...overlay.keys()])].filter(inRange).sort();
    const gone = [...overlay.keys()].filter((key) => inRange(key) && !this.#entries.has(key)).sort();
    const live = this.#keys.range(start, end);
    return gone.length === 0 ? live : merged(live, gone);
  }
}

/** The error of a read from before the window. */
function tooOld(revision: number, oldest: number): Error {
  const what = 'The provided resource version or continue parameter is too old to be served';
  return expired(`${what} (${revision}, the oldest is ${oldest}): start a new list without it`);
}

function told({ prefix, entries, remaining }: Page, revision: number): ListResult {
  if (remaining === undefined) return { entries, revision };
  return { entries, revision, continue: encodeContinue(prefix, { revision, last: entries.at(-1)!.key }), remaining };
}

/** Two ascending sequences without common elements as one. */
function* merged(a: Iterable<string>, b: readonly string[]): Generator<string, void> {
  let i = 0;
  for (const key of a) {
    while (i < b.length && b[i]! < key) yield b[i++]!;
    yield key;
  }
  while (i < b.length) yield b[i++]!;
}

function page(
  prefix: string,
  source: Iterable<Entry>,
  { limit, match }: ListOptions,
  revision: number,
  restOf: () => (last: string) => number,
): ListResult {
  const entries: Entry[] = [];
  let more = false;
  for (const entry of source) {
    if (match && !match(entry.object)) continue;
    if (limit && entries.length === limit) {
      more = true;
      break;
    }
    entries.push(entry);
  }
  if (!more) return { entries, revision };
  const last = entries.at(-1)!.key;
  const token = encodeContinue(prefix, { revision, last });
  return { entries, revision, continue: token, ...(!match && { remaining: restOf()(last) }) };
}

import type { KeyIndexes } from './key-indexes.ts';
import type { StorageEvent, WatchOptions } from './storage.ts';

/** What the sets need to know of a watcher. */
export interface Placed {
  readonly prefix: string;
  readonly options: Pick<WatchOptions, 'index'>;
}

/** The watchers of one prefix that want one value of an index each. */
interface Indexed<T> {
  readonly read: (object: any) => string | undefined;
  readonly byValue: Map<string, Set<T>>;
}

/**
 * Watchers by what they watch, so that an event finds those that it may concern without asking the others: by the prefix
 * of its key, and by the values that its object has, or had, in the indexes of the store.
 */
export class WatcherSets<T extends Placed> {
  readonly #indexes: KeyIndexes | undefined;
  readonly #all = new Set<T>();
  readonly #plain = new Map<string, Set<T>>();
  /** By prefix, then by the index's name. */
  readonly #indexed = new Map<string, Map<string, Indexed<T>>>();

  constructor(indexes: KeyIndexes | undefined) {
    this.#indexes = indexes;
  }

  get all(): ReadonlySet<T> {
    return this.#all;
  }

  add(watcher: T): void {
    this.#all.add(watcher);
    const index = this.#indexOf(watcher);
    if (index) addTo(index.byValue, watcher.options.index!.value, watcher);
    else addTo(this.#plain, watcher.prefix, watcher);
  }

  delete(watcher: T): void {
    if (!this.#all.delete(watcher)) return;
    const { prefix, options } = watcher;
    const names = this.#indexed.get(prefix);
    const index = options.index && names?.get(options.index.name);
    if (!names || !options.index || !index) return deleteFrom(this.#plain, prefix, watcher);
    deleteFrom(index.byValue, options.index.value, watcher);
    if (index.byValue.size === 0) names.delete(options.index.name);
    if (names.size === 0) this.#indexed.delete(prefix);
  }

  clear(): void {
    for (const sets of [this.#all, this.#plain, this.#indexed]) sets.clear();
  }

  /** The sets of watchers that the event may concern. A watcher can be in two of them. */
  *concerned(event: StorageEvent): Generator<ReadonlySet<T>> {
    const { key } = event.entry;
    for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
      const prefix = key.slice(0, slash + 1);
      const watchers = this.#plain.get(prefix);
      if (watchers) yield watchers;
      if (this.#indexed.size > 0) yield* this.#byValue(prefix, event);
    }
    const ofTheKey = this.#plain.get(key);
    if (ofTheKey) yield ofTheKey;
  }

  *#byValue(prefix: string, { entry, previous }: StorageEvent): Generator<ReadonlySet<T>> {
    for (const { read, byValue } of this.#indexed.get(prefix)?.values() ?? []) {
      const is = read(entry.object);
      const was = previous && read(previous.object);
      const now = is === undefined ? undefined : byValue.get(is);
      if (now) yield now;
      const before = was === undefined || was === is ? undefined : byValue.get(was);
      if (before) yield before;
    }
  }

  /** Where a watcher of an index that the store keeps has its place. */
  #indexOf({ prefix, options: { index } }: T): Indexed<T> | undefined {
    const declared = index && prefix.endsWith('/') ? this.#indexes?.declared(prefix, index.name) : undefined;
    if (!index || !declared) return undefined;
    let names = this.#indexed.get(prefix);
    if (!names) this.#indexed.set(prefix, (names = new Map()));
    let found = names.get(index.name);
    if (!found) names.set(index.name, (found = { read: (object) => declared.value(object), byValue: new Map() }));
    return found;
  }
}

function addTo<T>(sets: Map<string, Set<T>>, key: string, member: T): void {
  const same = sets.get(key);
  if (same) same.add(member);
  else sets.set(key, new Set([member]));
}

function deleteFrom<T>(sets: Map<string, Set<T>>, key: string, member: T): void {
  const same = sets.get(key);
  same?.delete(member);
  if (same?.size === 0) sets.delete(key);
}

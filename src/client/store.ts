import { keyOf, type KubeObject } from '../apimachinery/object.ts';
import type { Reader } from './informer.ts';

interface Index<T> {
  readonly values: (object: T) => readonly string[];
  readonly keys: Map<string, Set<string>>;
}

/** Objects by key, by namespace, and by any number of indexes that are kept current with every change. */
export class Store<T extends KubeObject> implements Reader<T> {
  #objects = new Map<string, T>();
  #indexes = new Map<string, Index<T>>();

  constructor() {
    this.addIndex(namespaceIndex, (object) => [object.metadata.namespace ?? '']);
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  list(namespace?: string): T[] {
    return namespace === undefined ? [...this.#objects.values()] : this.byIndex(namespaceIndex, namespace);
  }

  /** @throws Error when there is no such index: asking for it is a mistake in the code */
  byIndex(name: string, value: string): T[] {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`there is no index "${name}"; add it before asking for it`);
    const out: T[] = [];
    for (const key of index.keys.get(value) ?? []) out.push(this.#objects.get(key)!);
    return out;
  }

  /** Adds an index over what is there and what will come. A no-op for a known name. */
  addIndex(name: string, values: (object: T) => readonly string[]): void {
    if (this.#indexes.has(name)) return;
    const index: Index<T> = { values, keys: new Map() };
    for (const [key, object] of this.#objects) insert(index, key, values(object));
    this.#indexes.set(name, index);
  }

  /** Puts `object` in its place and returns what was there. */
  set(object: T): T | undefined {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const index of this.#indexes.values()) reindex(index, key, old, object);
    return old;
  }

  /** Removes the object with this key and returns it. */
  delete(key: string): T | undefined {
    const old = this.#objects.get(key);
    if (!old) return undefined;
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) remove(index, key, index.values(old));
    return old;
  }
}

/** Not a name that anybody would choose by accident. */
const namespaceIndex = '\0namespace';

function reindex<T>(index: Index<T>, key: string, old: T | undefined, current: T): void {
  const before = old ? index.values(old) : [];
  const after = index.values(current);
  if (before.length === after.length && before.every((value, i) => value === after[i])) return;
  remove(index, key, before);
  insert(index, key, after);
}

function insert(index: Index<any>, key: string, values: readonly string[]): void {
  for (const value of values) {
    const keys = index.keys.get(value);
    if (keys) keys.add(key);
    else index.keys.set(value, new Set([key]));
  }
}

function remove(index: Index<any>, key: string, values: readonly string[]): void {
  for (const value of values) {
    const keys = index.keys.get(value);
    if (keys?.delete(key) && keys.size === 0) index.keys.delete(value);
  }
}

import type { KubeObject } from '../apimachinery/object.ts';
import type { Entry } from './storage.ts';

/** An index of the entries under `prefix` (which ends in `/`) by a text taken from the object. */
export interface IndexDeclaration {
  readonly prefix: string;
  readonly name: string;
  /** The text under which the object is found; undefined leaves it out. */
  value(object: any): string | undefined;
}

/** One declared index: which keys have which value. */
class KeyIndex {
  readonly declaration: IndexDeclaration;
  #values = new Map<string, string>();
  #keys = new Map<string, Set<string>>();

  constructor(declaration: IndexDeclaration) {
    this.declaration = declaration;
  }

  set(key: string, object: KubeObject): void {
    const value = this.declaration.value(object);
    if (value === this.#values.get(key)) return;
    this.delete(key);
    if (value === undefined) return;
    this.#values.set(key, value);
    const keys = this.#keys.get(value);
    if (keys) keys.add(key);
    else this.#keys.set(value, new Set([key]));
  }

  delete(key: string): void {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#values.delete(key);
    const keys = this.#keys.get(value)!;
    keys.delete(key);
    if (keys.size === 0) this.#keys.delete(value);
  }

  keys(value: string): Iterable<string> {
    return this.#keys.get(value) ?? [];
  }
}

/** All indexes of a store. Only keys under a declared prefix cost anything: their objects are parsed once per change. */
export class KeyIndexes {
  readonly #indexes: readonly KeyIndex[];

  constructor(declarations: readonly IndexDeclaration[]) {
    this.#indexes = declarations.map((declaration) => new KeyIndex(declaration));
  }

  set(entry: Entry): void {
    for (const index of this.#indexes) {
      if (entry.key.startsWith(index.declaration.prefix)) index.set(entry.key, entry.object);
    }
  }

  delete(key: string): void {
    for (const index of this.#indexes) if (key.startsWith(index.declaration.prefix)) index.delete(key);
  }

  /** The keys with `value` in the index `name` that covers `key`; undefined when there is no such index. */
  keys(key: string, name: string, value: string): Iterable<string> | undefined {
    return this.#find(key, name)?.keys(value);
  }

  /** How the index `name` that covers `key` is declared; undefined when there is no such index. */
  declared(key: string, name: string): IndexDeclaration | undefined {
    return this.#find(key, name)?.declaration;
  }

  #find(key: string, name: string): KeyIndex | undefined {
    return this.#indexes.find(({ declaration }) => declaration.name === name && key.startsWith(declaration.prefix));
  }
}

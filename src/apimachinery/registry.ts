import { gvkKey, type Kind } from './kind.ts';

/** The kinds a server or client knows, looked up by what requests and objects name. Kinds can come and go (CRDs). */
export class KindRegistry {
  #byGvk = new Map<string, Kind>();
  #byGvr = new Map<string, Kind>();
  #listeners = new Set<() => void>();
  /** Grows with every change, so that whatever is derived from the registry knows when to derive it anew. */
  version = 0;

  constructor(kinds: readonly Kind[] = []) {
    for (const kind of kinds) this.add(kind);
  }

  /** Adds a kind, or replaces the one of the same group, version and kind. */
  add(kind: Kind): void {
    this.#byGvk.set(gvkKey(kind), kind);
    this.#byGvr.set(gvrKey(kind.group, kind.version, kind.plural), kind);
    this.#changed();
  }

  remove(kind: Kind): void {
    this.#byGvk.delete(gvkKey(kind));
    this.#byGvr.delete(gvrKey(kind.group, kind.version, kind.plural));
    this.#changed();
  }

  /** Calls `listener` after every change; returns the function that ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  byKind(group: string, version: string, kind: string): Kind | undefined {
    return this.#byGvk.get(gvkKey({ group, version, kind }));
  }

  byResource(group: string, version: string, plural: string): Kind | undefined {
    return this.#byGvr.get(gvrKey(group, version, plural));
  }

  /** All kinds in the order they were added. */
  all(): Kind[] {
    return [...this.#byGvk.values()];
  }

  /** The groups in the order their first kind was added, each with its versions in that order. */
  groups(): Map<string, string[]> {
    const groups = new Map<string, string[]>();
    for (const kind of this.#byGvk.values()) {
      const versions = groups.get(kind.group) ?? [];
      if (!versions.includes(kind.version)) versions.push(kind.version);
      groups.set(kind.group, versions);
    }
    return groups;
  }

  #changed(): void {
    this.version++;
    for (const listener of this.#listeners) listener();
  }
}

function gvrKey(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}

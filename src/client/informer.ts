import type { Kind } from '../apimachinery/kind.ts';
import type { KubeObject } from '../apimachinery/object.ts';

/** What an informer tells its listeners, synchronously after the store has changed. `old` is the state before. */
export interface Listener<T extends KubeObject> {
  added?(object: T): void;
  updated?(object: T, old: T): void;
  deleted?(object: T): void;
}

/** What an informer watches. Two requests for the same kind and selection share one watch. */
export interface InformerSelection {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /**
   * Whether the reader needs no more than names, owners, finalizers and labels: then nothing else is kept, unless
   * somebody else wants whole objects of the kind anyway.
   */
  metadataOnly?: boolean;
}

/** A local, indexed copy of all objects of a kind. Objects are shared and frozen by convention: copy before changing. */
export interface Reader<T extends KubeObject> {
  /** By key: `namespace/name`, or `name`. */
  get(key: string): T | undefined;
  /** All, or those of one namespace. */
  list(namespace?: string): T[];
  /** Objects for which the index function returned `value`. */
  byIndex(index: string, value: string): T[];
}

/** A watch of one kind that keeps a `Reader` current and calls listeners. */
export interface Informer<T extends KubeObject> extends Reader<T> {
  readonly kind: Kind<T>;
  /** Whether the first list has been taken in. */
  readonly synced: boolean;
  /** Adds an index; may be called any time, is built over what is there, and is a no-op for a known name. */
  addIndex(name: string, values: (object: T) => readonly string[]): void;
  /** Adds a listener; it is told of everything already there as `added`. Returns the function that removes it. */
  listen(listener: Listener<T>): () => void;
}

/** The informers of one component, shared per kind and selection. */
export interface Informers {
  /** The informer for `kind`; it starts with `start()`, or at once when the factory is running. */
  of<T extends KubeObject>(kind: Kind<T>, selection?: InformerSelection): Informer<T>;
  start(): void;
  /** Resolves when all of `of` (default: every informer asked for so far) have taken in their first list. */
  synced(signal?: AbortSignal, of?: readonly Informer<any>[]): Promise<void>;
  stop(): Promise<void>;
}

/** Built into every informer that `controller()` wires: objects by the uid of their controlling owner. */
export const ownerIndex = 'controller-uid';

import { gvkKey, type Kind } from '../apimachinery/kind.ts';
import { keyOf, type KubeObject } from '../apimachinery/object.ts';
import type { Informer, Informers, InformerSelection, Listener } from './informer.ts';

/** How a watch of all objects of a kind stands in for many watches of one field's values each. */
export interface Split {
  readonly plural: string;
  /** The field by which single watches would select, e.g. `spec.nodeName`. */
  readonly field: string;
  /** What the watch of all selects. */
  readonly selection: InformerSelection;
  readonly valueOf: (object: any) => string | undefined;
}

/** Pods and nodes, as thousands of kubelets in one process ask for them. */
export const kubeletSplits: readonly Split[] = [
  {
    ...{ plural: 'pods', field: 'spec.nodeName', selection: { fieldSelector: 'spec.nodeName!=' } },
    valueOf: (pod) => pod.spec?.nodeName,
  },
  { ...{ plural: 'nodes', field: 'metadata.name', selection: {} }, valueOf: (node) => node.metadata.name },
];

/**
 * Informers for many components of one process that each want their own part of the same kinds: one watch of all feeds
 * them, and each sees what a watch of its own would have shown.
 */
export class SplitInformers {
  readonly #shared: Informers;
  readonly #splits: readonly Split[];
  #parted = new Map<string, Parted<any>>();

  constructor(shared: Informers, splits: readonly Split[] = kubeletSplits) {
    this.#shared = shared;
    this.#splits = splits;
  }

  /** The informers of one component. Stopping them ends only what it listens to. */
  component(): Informers {
    const views = new Map<string, { view: Informer<any>; whole: Informer<any> }>();
    const ends: (() => void)[] = [];
    return {
      of: <T extends KubeObject>(kind: Kind<T>, selection: InformerSelection = {}): Informer<T> => {
        const key = JSON.stringify([gvkKey(kind), selection]);
        let known = views.get(key);
        if (!known) views.set(key, (known = this.#viewOf(kind, selection, ends)));
        return known.view;
      },
      start: () => this.#shared.start(),
      synced: (signal, of) => {
        const asked = [...views.values()].filter(({ view }) => !of || of.includes(view));
        return this.#shared.synced(signal, [...new Set(asked.map(({ whole }) => whole))]);
      },
      stop: async () => ends.splice(0).forEach((end) => end()),
    };
  }

  async stop(): Promise<void> {
    await this.#shared.stop();
  }

  #viewOf<T extends KubeObject>(kind: Kind<T>, selection: InformerSelection, ends: (() => void)[]) {
    const part = this.#partedFor(kind, selection);
    const whole = part?.parted.whole ?? this.#shared.of(kind, selection);
    return { view: ending(part ? part.parted.view(part.value) : whole, ends), whole };
  }

  #partedFor<T extends KubeObject>(kind: Kind<T>, { fieldSelector = '' }: InformerSelection) {
    const split = this.#splits.find((s) => s.plural === kind.plural && fieldSelector.startsWith(`${s.field}=`));
    if (!split) return undefined;
    const key = gvkKey(kind);
    let parted: Parted<T> | undefined = this.#parted.get(key);
    if (!parted) this.#parted.set(key, (parted = new Parted(this.#shared.of(kind, split.selection), split)));
    return { parted, value: fieldSelector.slice(split.field.length + 1) };
  }
}

/** All objects of a kind, dealt out by the value of a field. */
class Parted<T extends KubeObject> {
  readonly whole: Informer<T>;
  readonly #split: Split;
  #listeners = new Map<string, Set<Listener<T>>>();

  constructor(whole: Informer<T>, split: Split) {
    this.whole = whole;
    this.#split = split;
    whole.addIndex(split.field, (object) => [split.valueOf(object) ?? '']);
    whole.listen({
      added: (object) => this.#tell(object, (l) => l.added?.(object)),
      updated: (object, old) => this.#updated(object, old),
      deleted: (object) => this.#tell(object, (l) => l.deleted?.(object)),
    });
  }

  /** The informer of the objects whose field has this value. */
  view(value: string): Informer<T> {
    const { whole } = this;
    const { field, valueOf } = this.#split;
    const mine = (object: T | undefined) => (object && valueOf(object) === value ? object : undefined);
    const list = (namespace?: string) => {
      const all = whole.byIndex(field, value);
      return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
    };
    return {
      kind: whole.kind,
      get synced() {
        return whole.synced;
      },
      list,
      get: (key) => mine(whole.get(key)),
      byIndex: (index, wanted) => whole.byIndex(index, wanted).filter(mine),
      addIndex: (name, values) => whole.addIndex(name, values),
      listen: (listener) => this.#listen(value, listener, list()),
    };
  }

  #listen(value: string, listener: Listener<T>, present: readonly T[]): () => void {
    const listeners = this.#listeners.get(value) ?? new Set();
    this.#listeners.set(value, listeners.add(listener));
    for (const object of present) listener.added?.(object);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(value) === listeners) this.#listeners.delete(value);
    };
  }

  /** An object whose field has changed has left one part and come into another. */
  #updated(object: T, old: T): void {
    if (this.#split.valueOf(object) === this.#split.valueOf(old)) {
      return this.#tell(object, (l) => l.updated?.(object, old));
    }
    this.#tell(old, (l) => l.deleted?.(old));
    this.#tell(object, (l) => l.added?.(object));
  }

  /** One listener's fault must not keep the others from the news; the first is passed on, to be logged. */
  #tell(object: T, say: (listener: Listener<T>) => void): void {
    const failures: unknown[] = [];
    for (const listener of this.#listeners.get(this.#split.valueOf(object) ?? '') ?? []) {
      try {
        say(listener);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new Error(`told of ${keyOf(object)}, a listener failed`, { cause: failures[0] });
  }
}

/** The same informer, whose listeners end with the component. */
function ending<T extends KubeObject>(informer: Informer<T>, ends: (() => void)[]): Informer<T> {
  return {
    kind: informer.kind,
    get synced() {
      return informer.synced;
    },
    get: (key) => informer.get(key),
    list: (namespace) => informer.list(namespace),
    byIndex: (index, value) => informer.byIndex(index, value),
    addIndex: (name, values) => informer.addIndex(name, values),
    listen(listener) {
      const end = informer.listen(listener);
      ends.push(end);
      return end;
    },
  };
}

import { gvkKey, type Kind } from '../apimachinery/kind.ts';
import { keyOf, type KubeObject } from '../apimachinery/object.ts';
import type { Clock } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Client } from './client.ts';
import type { Informer, Informers, InformerSelection, Listener } from './informer.ts';
import { Reflector, type ReflectorTarget } from './reflector.ts';
import { Store } from './store.ts';

/** What a factory's informers need. */
export interface InformerDependencies {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** The informers of one component. Several requests for one kind and selection share a watch and a store. */
export class InformerFactory implements Informers {
  readonly #dependencies: InformerDependencies;
  #informers = new Map<string, SharedInformer<any>>();
  #waiting: (() => void)[] = [];
  #running: { abort: AbortController; ends: Promise<void>[] } | undefined;

  constructor(dependencies: InformerDependencies) {
    this.#dependencies = dependencies;
  }

  of<T extends KubeObject>(kind: Kind<T>, selection: InformerSelection = {}): Informer<T> {
    const { namespace, labelSelector, fieldSelector, metadataOnly = false } = selection;
    const whole = JSON.stringify([gvkKey(kind), namespace, labelSelector, fieldSelector]);
    const key = metadataOnly && !this.#informers.has(whole) ? `${whole} metadata` : whole;
    let informer = this.#informers.get(key);
    if (!informer) {
      informer = new SharedInformer<T>(kind, this.#dependencies.log, key !== whole);
      this.#informers.set(key, informer);
      if (this.#running) this.#follow(informer, selection);
      else this.#waiting.push(() => this.#follow(informer!, selection));
    }
    return informer;
  }

  /** Starts every informer asked for so far. A no-op when running. */
  start(): void {
    if (this.#running) return;
    this.#running = { abort: new AbortController(), ends: [] };
    for (const follow of this.#waiting.splice(0)) follow();
  }

  async synced(signal?: AbortSignal, of: readonly Informer<any>[] = [...this.#informers.values()]): Promise<void> {
    await Promise.all(of.map((informer) => this.#whenSynced(informer, signal)));
  }

  /** Ends all watches; the stores keep what they have. A stopped factory cannot be started again. */
  async stop(): Promise<void> {
    this.#running ??= { abort: new AbortController(), ends: [] };
    this.#running.abort.abort(new Error('the informers were stopped'));
    await Promise.all(this.#running.ends);
  }

  #whenSynced(informer: Informer<any>, signal: AbortSignal | undefined): Promise<void> {
    if (!(informer instanceof SharedInformer)) throw new Error('this informer is of another factory');
    return informer.whenSynced(signal);
  }

  #follow<T extends KubeObject>(informer: SharedInformer<T>, selection: InformerSelection): void {
    const { abort, ends } = this.#running!;
    const reflector = new Reflector<T>({ ...this.#dependencies, kind: informer.kind, selection, target: informer });
    ends.push(reflector.run(abort.signal));
  }
}

/** A store that a reflector fills, with listeners that are told what changed. */
class SharedInformer<T extends KubeObject> implements Informer<T>, ReflectorTarget<T> {
  readonly kind: Kind<T>;
  readonly #log: Log;
  readonly #metadataOnly: boolean;
  #store = new Store<T>();
  #listeners = new Set<Listener<T>>();
  #synced = Promise.withResolvers<void>();
  synced = false;

  constructor(kind: Kind<T>, log: Log, metadataOnly: boolean) {
    this.kind = kind;
    this.#log = log;
    this.#metadataOnly = metadataOnly;
  }

  get(key: string): T | undefined {
    return this.#store.get(key);
  }

  list(namespace?: string): T[] {
    return this.#store.list(namespace);
  }

  byIndex(index: string, value: string): T[] {
    return this.#store.byIndex(index, value);
  }

  addIndex(name: string, values: (object: T) => readonly string[]): void {
    this.#store.addIndex(name, values);
  }

  listen(listener: Listener<T>): () => void {
    this.#listeners.add(listener);
    for (const object of this.#store.list()) this.#guard(() => listener.added?.(object));
    return () => this.#listeners.delete(listener);
  }

  /** Resolves after the first list. @throws the signal's reason when that aborts first */
  async whenSynced(signal?: AbortSignal): Promise<void> {
    if (this.synced) return;
    if (!signal) return this.#synced.promise;
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    await Promise.race([this.#synced.promise, aborted.promise]);
    signal.removeEventListener('abort', abort);
  }

  replace(objects: readonly T[]): void {
    const gone = new Set(this.#store.keys());
    for (const object of objects) gone.delete(keyOf(object));
    for (const key of gone) this.#drop(key);
    for (const object of objects) this.put(object);
    this.synced = true;
    this.#synced.resolve();
  }

  put(told: T): void {
    const object = this.#metadataOnly ? withoutContents(told) : told;
    const old = this.#store.get(keyOf(object));
    if (old && old.metadata.uid !== object.metadata.uid) {
      // Deleted and made anew while nobody looked: two objects, so two events.
      this.#drop(keyOf(object));
      return this.put(object);
    }
    if (old && old.metadata.resourceVersion === object.metadata.resourceVersion) return;
    this.#store.set(object);
    if (old) this.#tell((listener) => listener.updated?.(object, old));
    else this.#tell((listener) => listener.added?.(object));
  }

  remove(object: T): void {
    if (this.#store.delete(keyOf(object))) this.#tell((listener) => listener.deleted?.(object));
  }

  #drop(key: string): void {
    const old = this.#store.delete(key)!;
    this.#tell((listener) => listener.deleted?.(old));
  }

  #tell(say: (listener: Listener<T>) => void): void {
    for (const listener of this.#listeners) this.#guard(() => say(listener));
  }

  /** One listener's fault must not keep the others, or the store, from the news. */
  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#log.error('a listener failed', { resource: this.kind.plural, error: errorMessage(error) });
    }
  }
}

/** What is left of an object for readers of its metadata. */
function withoutContents<T extends KubeObject>({ apiVersion, kind, metadata }: T): T {
  const { managedFields: _, annotations: __, ...rest } = metadata;
  return { apiVersion, kind, metadata: rest } as unknown as T;
}

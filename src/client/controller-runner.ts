import { isApiError } from '../apimachinery/api-error.ts';
import { gvkKey, type Kind } from '../apimachinery/kind.ts';
import { controllerOf, keyOf, parseApiVersion, type KubeObject, type ObjectName } from '../apimachinery/object.ts';
import type { Timer } from '../base/clock.ts';
import { errorMessage } from '../base/log.ts';
import type {
  ClusterReader,
  ControllerDefinition,
  ControllerDependencies,
  ReconcileContext,
  RunningController,
  Watch,
} from './controller.ts';
import { createEventRecorder } from './events.ts';
import { ownerIndex, type Informer, type Informers } from './informer.ts';
import { isNamespaceEnding } from './namespace-ending.ts';
import { WorkQueue } from './work-queue.ts';

/** Starts what a definition describes: informers, queue, workers. Does not start the informers themselves. */
export function runController<T extends KubeObject>(
  definition: ControllerDefinition<T>,
  dependencies: ControllerDependencies,
): RunningController {
  const run = new Run(definition, dependencies);
  return { stop: () => run.stop() };
}

class Run<T extends KubeObject> {
  readonly #definition: ControllerDefinition<T>;
  readonly #context: ReconcileContext;
  readonly #queue: WorkQueue;
  readonly #abort = new AbortController();
  readonly #cleanup: (() => void)[] = [];
  readonly #ended: Promise<unknown>;

  constructor(definition: ControllerDefinition<T>, dependencies: ControllerDependencies) {
    const { client, clock, random, informers } = dependencies;
    const log = dependencies.log.child({ controller: definition.name });
    const component = definition.eventSource ?? dependencies.component ?? definition.name;
    const queue = definition.queue ?? dependencies.queue ?? definition.name.replace(/-controller$/, '');
    const reader = new Reader(definition, informers);
    const events = createEventRecorder({ client, clock, component, log });
    this.#definition = definition;
    this.#context = { reader, client, clock, random, log, events, signal: this.#abort.signal };
    this.#queue = new WorkQueue(clock, definition.retry, dependencies.queues?.of(queue));
    this.#listen(reader);
    this.#ended = this.#work(informers, reader);
  }

  async stop(): Promise<void> {
    this.#abort.abort(new Error(`the controller ${this.#definition.name} was stopped`));
    for (const end of this.#cleanup.splice(0)) end();
    this.#queue.close();
    await this.#ended;
  }

  /** Every change of what the definition names puts the keys that it concerns into the queue. */
  #listen(reader: Reader): void {
    const { for: own, owns = [], watches = [], resyncEvery } = this.#definition;
    this.#cleanup.push(this.#listenToOwn(reader.informer(own)));
    for (const kind of owns) this.#on(reader.informer(kind), (object) => ownerKeys(object, own));
    for (const watch of watches) {
      const concerns = (object: KubeObject, old: KubeObject) => watch.concerns?.(object, old) ?? true;
      this.#on(reader.informer(watch.kind), (object) => watch.keys(object, reader), concerns);
    }
    if (!resyncEvery) return;
    const timer: Timer = this.#context.clock.every(resyncEvery, () => {
      for (const object of reader.list(own)) this.#queue.add(keyOf(object));
    });
    this.#cleanup.push(() => timer.cancel());
  }

  #listenToOwn(informer: Informer<T>): () => void {
    const enqueue = (object: T) => this.#queue.add(keyOf(object));
    const updated = (object: T, old: T) => {
      if (asksForAnother(object, old)) enqueue(object);
      else this.#enqueue(keyOf(object));
    };
    return informer.listen({ added: enqueue, updated, deleted: enqueue });
  }

  /** Changes that may wait for others wait. */
  #enqueue(key: string): void {
    this.#queue.addAfter(key, this.#definition.batch ?? 0);
  }

  #on<W extends KubeObject>(
    informer: Informer<W>,
    keys: (object: W) => readonly string[],
    concerns?: (object: W, old: W) => boolean,
  ): void {
    const enqueue = (object: W) => {
      for (const key of keys(object)) this.#enqueue(key);
    };
    const updated = (object: W, old: W) => {
      if (concerns && !concerns(object, old)) return;
      for (const key of eachOnce(keys(old), keys(object))) this.#enqueue(key);
    };
    this.#cleanup.push(informer.listen({ added: enqueue, updated, deleted: enqueue }));
  }

  async #work(informers: Informers, reader: Reader): Promise<void> {
    try {
      await informers.synced(this.#abort.signal, reader.informers());
    } catch {
      return; // stopped before it began
    }
    const workers = Array.from({ length: this.#definition.workers ?? 1 }, () => this.#worker());
    await Promise.all(workers);
  }

  async #worker(): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      await this.#reconcile(key);
      this.#queue.done(key);
    }
  }

  async #reconcile(key: string): Promise<void> {
    try {
      const result = await this.#definition.reconcile(key, this.#context);
      this.#queue.forget(key);
      if (result) this.#queue.addAfter(key, Math.max(1, result.after));
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      const delay = this.#queue.retry(key);
      const fields = { key, error: errorMessage(error), retryInMs: delay };
      if (isApiError(error, 'Conflict', 'NotFound') || isNamespaceEnding(error))
        this.#context.log.debug('reconcile met a change', fields);
      else this.#context.log.warn('reconcile failed', fields);
    }
  }
}

/**
 * The keys of both, each once: a waiting worker takes a key at once, and adding it again would then mean a second round.
 * Most changes concern nobody, or the same single key as before, and are told so without further ado.
 */
function eachOnce(before: readonly string[], after: readonly string[]): Iterable<string> {
  if (before.length === 0 && after.length < 2) return after;
  if (before.length === 1 && (after.length === 0 || (after.length === 1 && after[0] === before[0]))) return before;
  return new Set([...before, ...after]);
}

/** Whether somebody wants something else of the object, or it is another one. */
function asksForAnother({ metadata }: KubeObject, { metadata: old }: KubeObject): boolean {
  return metadata.generation !== old.generation || metadata.uid !== old.uid;
}

/** The informers that a definition declared, and nothing else: what is not declared would never wake the controller. */
class Reader implements ClusterReader {
  readonly #controller: string;
  #byKind = new Map<string, Informer<any>>();

  constructor(definition: ControllerDefinition<any>, informers: Informers) {
    const { name, for: own, owns = [], watches = [], reads = [] } = definition;
    this.#controller = name;
    const selections = new Map(watches.map((w: Watch) => [w.kind, w.fieldSelector] as const));
    for (const kind of [own, ...owns, ...selections.keys(), ...reads]) {
      const fieldSelector = selections.get(kind);
      const informer = informers.of(kind, fieldSelector ? { fieldSelector } : {});
      informer.addIndex(ownerIndex, controllerUids);
      this.#byKind.set(gvkKey(kind), informer);
    }
    for (const { kind, indexes = {} } of watches) {
      for (const [index, values] of Object.entries(indexes)) this.informer(kind).addIndex(index, values);
    }
  }

  get<T extends KubeObject>(kind: Kind<T>, key: string | ObjectName): T | undefined {
    return this.informer(kind).get(typeof key === 'string' ? key : keyOf(key));
  }

  list<T extends KubeObject>(kind: Kind<T>, namespace?: string): T[] {
    return this.informer(kind).list(namespace);
  }

  ownedBy<T extends KubeObject>(kind: Kind<T>, uid: string): T[] {
    return this.informer(kind).byIndex(ownerIndex, uid);
  }

  byIndex<T extends KubeObject>(kind: Kind<T>, index: string, value: string): T[] {
    return this.informer(kind).byIndex(index, value);
  }

  informers(): Informer<any>[] {
    return [...this.#byKind.values()];
  }

  informer<T extends KubeObject>(kind: Kind<T>): Informer<T> {
    const informer = this.#byKind.get(gvkKey(kind));
    if (!informer) throw new Error(`the controller ${this.#controller} does not declare that it reads ${kind.kind}`);
    return informer;
  }
}

function controllerUids(object: KubeObject): string[] {
  const owner = controllerOf(object);
  return owner ? [owner.uid] : [];
}

/** The key of the object of `kind` that controls `object`, if one does. The owner's version may be any. */
function ownerKeys(object: KubeObject, kind: Kind<any>): string[] {
  const owner = controllerOf(object);
  if (!owner || owner.kind !== kind.kind || parseApiVersion(owner.apiVersion).group !== kind.group) return [];
  return [keyOf({ namespace: kind.namespaced ? object.metadata.namespace : undefined, name: owner.name })];
}

import {
  customResourceDefinition,
  type CustomResourceDefinition,
} from '../../api/apiextensions-v1/custom-resource-definition.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import { gvkKey, type Kind } from '../../apimachinery/kind.ts';
import { keyOf, type KubeObject } from '../../apimachinery/object.ts';
import { sleep } from '../../base/clock.ts';
import { errorMessage } from '../../base/log.ts';
import type { Controller, ControllerDependencies, RunningController } from '../../client/controller.ts';
import { createEventRecorder } from '../../client/events.ts';
import type { Informer, Informers } from '../../client/informer.ts';
import { InformerFactory } from '../../client/informer-factory.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { builtInKinds, customKind } from '../served-kinds.ts';
import { AbsentOwners, collect, type Collection } from './collect.ts';
import { nodeOf, OwnerGraph } from './graph.ts';

const NAME = 'garbage-collector-controller';
const WORKERS = 10;
/** Milliseconds that the list of a custom kind may take before collecting goes on without it, as upstream's. */
const LIST = 30_000;
/** The collector sees every object there is, and needs to know who owns it. */
const METADATA = { metadataOnly: true };

/** Deletes what is left of owners that are gone, in the background or before them, or cuts the tie between them. */
export const garbageCollector: Controller = {
  name: NAME,
  start: (dependencies) => new GarbageCollector(dependencies),
};

class GarbageCollector implements RunningController {
  readonly #dependencies: ControllerDependencies;
  readonly #collection: Collection;
  readonly #queue: WorkQueue;
  readonly #abort = new AbortController();
  #graph = new OwnerGraph();
  #kinds = new Map<string, Kind>();
  /** The informers of custom resources, by the name of their definition: they end with it. */
  #custom = new Map<string, { kind: Kind; informers: Informers }>();
  /** Lists of custom resources that are under way. */
  #lists = new Set<Promise<void>>();
  #cleanup: (() => void)[] = [];
  #ended: Promise<unknown>;

  constructor(dependencies: ControllerDependencies) {
    const { client, clock, informers } = dependencies;
    const log = dependencies.log.child({ controller: NAME });
    this.#dependencies = { ...dependencies, log };
    this.#queue = new WorkQueue(clock, undefined, dependencies.queues?.of(dependencies.queue ?? NAME));
    this.#collection = {
      client,
      graph: this.#graph,
      events: createEventRecorder({ client, clock, log, component: NAME }),
      kindOf: (group, kind) => this.#kinds.get(`${group}/${kind}`),
      absent: new AbsentOwners(),
      look: (uid) => this.#queue.add(uid),
    };
    // What has a time to live comes in great numbers, has no owner, and goes by itself.
    const kinds = builtInKinds.filter((kind) => kind.ttl === undefined);
    for (const kind of kinds) this.#cleanup.push(this.#follow(informers, kind));
    this.#followDefinitions(informers);
    this.#ended = this.#run(kinds.map((kind) => informers.of(kind, METADATA)));
  }

  async stop(): Promise<void> {
    this.#abort.abort(new Error('the garbage collector was stopped'));
    for (const end of this.#cleanup.splice(0)) end();
    this.#queue.close();
    await Promise.all([this.#ended, ...[...this.#custom.values()].map(({ informers }) => informers.stop())]);
  }

  /** Takes the objects of one kind into the graph. @returns how to stop that */
  #follow(informers: Informers, kind: Kind): () => void {
    this.#kinds.set(`${kind.group}/${kind.kind}`, kind);
    const look = (uids: readonly string[]) => {
      for (const uid of uids) this.#queue.add(uid);
    };
    const put = (object: KubeObject) => look(this.#graph.put(nodeOf(kind, object)));
    const deleted = (object: KubeObject) => look(this.#graph.remove(object.metadata.uid));
    return informers.of(kind, METADATA).listen({ added: put, updated: put, deleted });
  }

  #followDefinitions(informers: Informers): void {
    const changed = (definition: CustomResourceDefinition) => this.#followCustom(definition);
    const deleted = (definition: CustomResourceDefinition) => this.#drop(keyOf(definition));
    const informer = informers.of<CustomResourceDefinition>(customResourceDefinition);
    this.#cleanup.push(informer.listen({ added: changed, updated: changed, deleted }));
  }

  #followCustom(definition: CustomResourceDefinition): void {
    const kind = customKind(definition);
    const key = keyOf(definition);
    const before = this.#custom.get(key)?.kind;
    if (before && kind && gvkKey(before) === gvkKey(kind)) return;
    this.#drop(key);
    if (!kind || this.#abort.signal.aborted) return;
    const informers = new InformerFactory(this.#dependencies);
    this.#custom.set(key, { kind, informers });
    this.#follow(informers, kind);
    informers.start();
    this.#awaitList(informers);
    // Objects may name owners of this kind, of which nothing could be known until now.
    for (const node of this.#graph.nodes()) if (this.#graph.needsLook(node)) this.#queue.add(node.uid);
  }

  /** Nothing is collected before the list is in: an owner is let go by what is known of its dependents. */
  #awaitList(informers: Informers): void {
    const { clock } = this.#dependencies;
    const { signal } = this.#abort;
    const list = Promise.race([informers.synced(signal), sleep(clock, LIST, signal)]).catch(() => {});
    this.#lists.add(list);
    void list.then(() => this.#lists.delete(list));
  }

  /** The objects of a definition that is gone are gone as well. */
  #drop(key: string): void {
    const custom = this.#custom.get(key);
    if (!custom) return;
    this.#custom.delete(key);
    this.#kinds.delete(`${custom.kind.group}/${custom.kind.kind}`);
    void custom.informers.stop();
    const gone = [...this.#graph.nodes()].filter((node) => gvkKey(node.kind) === gvkKey(custom.kind));
    for (const { uid } of gone) for (const other of this.#graph.remove(uid)) this.#queue.add(other);
  }

  async #run(informers: readonly Informer<KubeObject>[]): Promise<void> {
    try {
      await this.#dependencies.informers.synced(this.#abort.signal, informers);
    } catch {
      return; // stopped before it began
    }
    await Promise.all(Array.from({ length: WORKERS }, () => this.#work()));
  }

  async #work(): Promise<void> {
    for (let uid = await this.#queue.take(); uid !== undefined; uid = await this.#queue.take()) {
      // What looked suspicious while the lists were still coming in mostly is not any more.
      if (this.#lists.size > 0) await Promise.all(this.#lists);
      const node = this.#graph.get(uid);
      if (node && this.#graph.needsLook(node)) await this.#collect(uid);
      this.#queue.done(uid);
    }
  }

  async #collect(uid: string): Promise<void> {
    try {
      await collect(uid, this.#collection);
      this.#queue.forget(uid);
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      const retryInMs = this.#queue.retry(uid);
      const fields = { uid, error: errorMessage(error), retryInMs };
      if (isApiError(error, 'Conflict', 'NotFound'))
        this.#dependencies.log.debug('an object changed meanwhile', fields);
      else this.#dependencies.log.warn('collecting failed', fields);
    }
  }
}

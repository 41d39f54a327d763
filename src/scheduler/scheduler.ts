import { node, type Node } from '../api/core-v1/node.ts';
import { pod, type Pod } from '../api/core-v1/pod.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import { keyOf } from '../apimachinery/object.ts';
import { formatTime } from '../apimachinery/time.ts';
import type { Clock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { errorMessage, type Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { createEventRecorder, type EventRecorder } from '../client/events.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import type { Informer } from '../client/informer.ts';
import { nodeChanges } from './node-changes.ts';
import type { Profile } from './plugin.ts';
import { defaultPlugins } from './plugins/index.ts';
import { isFinished, podInfo, sameSpec, type PodInfo } from './pod-info.ts';
import { SchedulingQueue, type QueuedPod } from './queue.ts';
import { failureMessage, scheduleOne, wakingEvents, type Diagnosis } from './schedule-one.ts';
import { Snapshot } from './snapshot.ts';

export interface SchedulerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Default: one, for `default-scheduler`, with all plugins. */
  readonly profiles?: readonly Profile[];
}

const defaultSchedulerName = 'default-scheduler';

/** So many bindings and reports may be under way; more pods wait until one has ended. */
const MOST_WRITES = 64;
/** After so many decisions, or milliseconds, everything else in the process gets its turn. */
const DECISIONS_PER_TURN = 32;
const TURN = 8;

/** Gives every pod without a node one: a queue, a pure decision, and a binding in the background. */
export class Scheduler implements Component {
  readonly name = 'scheduler';
  readonly #options: SchedulerOptions;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #snapshot = new Snapshot();
  readonly #position = { next: 0 };
  readonly #informers: InformerFactory;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #events: EventRecorder;
  readonly #queue: SchedulingQueue;
  readonly #abort = new AbortController();
  readonly #writes = new Set<Promise<void>>();
  #running = false;
  #turnPlanned = false;

  constructor(options: SchedulerOptions) {
    const {
      client,
      clock,
      log,
      profiles = [{ schedulerName: defaultSchedulerName, plugins: defaultPlugins }],
    } = options;
    this.#options = options;
    this.#profiles = new Map(profiles.map((profile) => [profile.schedulerName, profile]));
    this.#informers = new InformerFactory(options);
    this.#pods = this.#informers.of(pod);
    this.#nodes = this.#informers.of(node);
    this.#events = createEventRecorder({ client, clock, log, component: defaultSchedulerName });
    this.#queue = new SchedulingQueue({
      clock,
      compare: orderOf(profiles),
      admits: (info) => this.#profileOf(info).plugins.every((plugin) => plugin.admit?.(info) ?? true),
      onActive: () => this.#planTurn(),
    });
  }

  async start(): Promise<void> {
    this.#listen();
    this.#informers.start();
    await this.#informers.synced(this.#abort.signal);
    this.#running = true;
    this.#planTurn();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#abort.abort(new Error('the scheduler was stopped'));
    this.#queue.close();
    await this.#informers.stop();
    await Promise.all(this.#writes);
  }

  #listen(): void {
    this.#nodes.listen({
      added: (n) => {
        this.#snapshot.setNode(n);
        this.#queue.happened('node-added');
      },
      updated: (n, old) => {
        this.#snapshot.setNode(n);
        this.#queue.happened(...nodeChanges(n, old));
      },
      deleted: (n) => this.#snapshot.removeNode(n.metadata.name),
    });
    this.#pods.listen({
      added: (p) => this.#seen(p),
      updated: (p, old) => this.#seen(p, old),
      deleted: (p) => this.#gone(p),
    });
  }

  /** Puts a pod where its state says: on its node, into the queue, or nowhere. */
  #seen(p: Pod, old?: Pod): void {
    if (isFinished(p)) return this.#gone(p);
    if (p.spec?.nodeName) {
      this.#queue.delete(p.metadata.uid);
      this.#snapshot.setPod(p);
      if (old?.spec?.nodeName && !sameSpec(p, old)) this.#queue.happened('pod-freed');
      return;
    }
    if (p.metadata.deletionTimestamp || !this.#profiles.has(schedulerNameOf(p))) {
      this.#queue.delete(p.metadata.uid);
      return;
    }
    const known = this.#queue.get(p.metadata.uid);
    if (known && sameSpec(p, known.info.pod)) this.#queue.refresh({ ...known.info, pod: p });
    else if (!this.#snapshot.isAssumed(p.metadata.uid)) this.#queue.put(podInfo(p));
  }

  #gone(p: Pod): void {
    this.#queue.delete(p.metadata.uid);
    if (this.#snapshot.removePod(p.metadata.uid)) this.#queue.happened('pod-freed');
  }

  #planTurn(): void {
    if (!this.#running || this.#turnPlanned) return;
    this.#turnPlanned = true;
    setImmediate(() => {
      this.#turnPlanned = false;
      this.#turn();
    });
  }

  /** Decides for as many pods as fit into a moment. */
  #turn(): void {
    const { clock } = this.#options;
    const end = clock.monotonic() + TURN;
    for (let i = 0; this.#running && this.#writes.size < MOST_WRITES; i++) {
      if (i === DECISIONS_PER_TURN || clock.monotonic() > end) return this.#planTurn();
      const queued = this.#queue.take();
      if (!queued) return;
      this.#schedule(queued);
    }
  }

  #schedule(queued: QueuedPod): void {
    const { info } = queued;
    try {
      const profile = this.#profileOf(info);
      const decision = scheduleOne(info, this.#snapshot, profile, this.#options.random, this.#position);
      if ('failure' in decision) this.#reject(queued, decision.failure);
      else this.#place(queued, decision.node.name);
    } catch (error) {
      this.#fail(queued, error);
    }
  }

  /** Counts the pod on its node at once, and tells the API in the background. */
  #place(queued: QueuedPod, nodeName: string): void {
    this.#snapshot.assume(queued.info, nodeName);
    this.#track(this.#bind(queued, nodeName));
  }

  async #bind(queued: QueuedPod, nodeName: string): Promise<void> {
    const { info } = queued;
    const { name, namespace, uid } = info.pod.metadata;
    const target = { apiVersion: 'v1', kind: 'Node', name: nodeName };
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target };
    try {
      await this.#options.client.createSubresource(pod, { name, namespace }, 'binding', binding);
      this.#queue.delete(uid);
      this.#events.event(info.pod, 'Normal', 'Scheduled', `Successfully assigned ${info.key} to ${nodeName}`);
    } catch (error) {
      this.#snapshot.forget(uid);
      this.#queue.happened('pod-freed');
      this.#fail(queued, error);
    }
  }

  #reject(queued: QueuedPod, failure: Diagnosis): void {
    const message = failureMessage(failure);
    this.#queue.failed(queued, wakingEvents(failure));
    this.#report(queued.info, 'Unschedulable', message);
  }

  /** Something broke: the pod is tried again, unless it is gone or has a node. */
  #fail(queued: QueuedPod, error: unknown): void {
    const { info } = queued;
    if (!this.#running || !this.#queue.get(info.uid)) return;
    if (isApiError(error, 'NotFound') && !this.#pods.get(info.key)) return this.#queue.delete(info.uid);
    this.#queue.retry(queued);
    this.#options.log.warn('scheduling failed', { pod: info.key, error: errorMessage(error) });
    this.#report(info, 'SchedulerError', errorMessage(error));
  }

  /** The event and the pod's condition; the condition only when it says something new. */
  #report(info: PodInfo, reason: string, message: string): void {
    this.#events.event(info.pod, 'Warning', 'FailedScheduling', message);
    const current = info.pod.status?.conditions?.find((c) => c.type === 'PodScheduled');
    if (current?.status === 'False' && current.reason === reason && current.message === message) return;
    const now = formatTime(this.#options.clock.now());
    const since = current?.status === 'False' ? current.lastTransitionTime : now;
    const condition = { type: 'PodScheduled', status: 'False', reason, message, lastTransitionTime: since };
    this.#track(this.#patchCondition(info, condition));
  }

  async #patchCondition(info: PodInfo, condition: object): Promise<void> {
    const { name, namespace, uid } = info.pod.metadata;
    const patch = { metadata: { uid }, status: { conditions: [condition] } };
    try {
      await this.#options.client.patch(pod, { name, namespace }, 'strategic', patch, { subresource: 'status' });
    } catch (error) {
      this.#options.log.debug('condition was not written', { pod: keyOf(info.pod), error: errorMessage(error) });
    }
  }

  #track(write: Promise<void>): void {
    this.#writes.add(write);
    void write.finally(() => {
      this.#writes.delete(write);
      this.#planTurn();
    });
  }

  #profileOf(info: PodInfo): Profile {
    return this.#profiles.get(schedulerNameOf(info.pod))!;
  }
}

function schedulerNameOf(p: Pod): string {
  return p.spec?.schedulerName || defaultSchedulerName;
}

/** All profiles share one queue, so the first one's order holds, as upstream demands that they agree. */
function orderOf(profiles: readonly Profile[]): (a: PodInfo, b: PodInfo) => number {
  const sorter = profiles[0]?.plugins.find((plugin) => plugin.compare !== undefined);
  return (a, b) => sorter?.compare?.(a, b) ?? 0;
}

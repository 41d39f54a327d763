import { node, type Node } from '../api/core-v1/node.ts';
import { pod, type Pod } from '../api/core-v1/pod.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import { keyOf } from '../apimachinery/object.ts';
import type { Clock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { errorMessage, type Log } from '../base/log.ts';
import type { MetricRegistry } from '../base/metrics.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { createEventRecorder, type EventRecorder } from '../client/events.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import type { Informer } from '../client/informer.ts';
import { beforeBinding, bind, reserve, unreserve } from './binding-cycle.ts';
import type { ClusterEvent } from './cluster-event.ts';
import { defaultConfiguration, type SchedulerConfiguration } from './config/configuration.ts';
import { profilesOf } from './config/profiles.ts';
import type { Cycle } from './cycle.ts';
import { DecisionLog, type SchedulingDecision } from './decision-log.ts';
import { failureMessage, type Diagnosis, type Refusal } from './diagnosis.ts';
import { SchedulerMetrics } from './metrics.ts';
import { nodeChanges } from './node-changes.ts';
import type { Plugin, PluginHandle, PostFilterResult } from './plugin.ts';
import { pluginFactories } from './plugins/index.ts';
import { assignedPodChanges } from './pod-changes.ts';
import { isFinished, podInfo, sameSpec, type PodInfo } from './pod-info.ts';
import { reportFailure } from './pod-report.ts';
import type { Profile } from './profile.ts';
import { SchedulingQueue } from './queue.ts';
import type { QueuedPod } from './queued-pod.ts';
import { Extender } from './extenders/extender.ts';
import { scheduleWithExtenders } from './extenders/schedule-with-extenders.ts';
import { scheduleOne, type Decision, type Placement } from './schedule-one.ts';
import { Snapshot } from './snapshot.ts';
import { watchResources } from './watched-resources.ts';

export interface SchedulerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where it counts. Absent: nowhere. */
  readonly metrics?: MetricRegistry | undefined;
  /** Default: one profile, for `default-scheduler`, with all plugins. */
  readonly configuration?: SchedulerConfiguration | undefined;
  /** Instead of those of the configuration. */
  readonly profiles?: ((handle: PluginHandle) => readonly Profile[]) | undefined;
}

const defaultSchedulerName = 'default-scheduler';

/** So many bindings and reports may be under way; more pods wait until one has ended. */
const MOST_WRITES = 64;
/** So many events may wait until there are no bindings to write, and so many at all. */
const HELD_EVENTS = 5_000;
const MOST_EVENTS = 20_000;
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
  /** By the name of the profile, in whose name events are told. */
  readonly #recorders = new Map<string, EventRecorder>();
  readonly #queue: SchedulingQueue;
  readonly #metrics: SchedulerMetrics;
  readonly #decisions: DecisionLog;
  readonly #extenders: readonly Extender[];
  readonly #abort = new AbortController();
  /** What is under way at the API, and of that what counts against `MOST_WRITES`: waiting for volumes does not. */
  readonly #work = new Set<Promise<void>>();
  #writes = 0;
  #running = false;
  #turnPlanned = false;
  /** Whether an attempt waits for something: the next pod has to wait too. */
  #busy = false;
  /** Resolves when there is nothing to bind for a moment. */
  #calm: PromiseWithResolvers<void> | undefined;

  constructor(options: SchedulerOptions) {
    const { client, clock, log, random } = options;
    this.#options = options;
    this.#informers = new InformerFactory(options);
    this.#pods = this.#informers.of(pod);
    this.#nodes = this.#informers.of(node);
    this.#metrics = new SchedulerMetrics(options.metrics, clock);
    this.#decisions = new DecisionLog(clock);
    const { configuration = defaultConfiguration() } = options;
    this.#extenders = configuration.extenders.map((one) => new Extender(one, clock));
    const happened = (event: ClusterEvent) => this.#queue.happened(event);
    const shared = {
      client,
      clock,
      log,
      random,
      informers: this.#informers,
      events: this.#events(defaultSchedulerName),
    };
    const handle: PluginHandle = { ...shared, snapshot: this.#snapshot, extenders: this.#extenders, happened };
    for (const warning of configuration.warnings) log.warn(warning);
    const profiles = options.profiles?.(handle) ?? profilesOf(configuration, pluginFactories, handle);
    this.#profiles = new Map(profiles.map((profile) => [profile.schedulerName, profile]));
    this.#queue = new SchedulingQueue({
      clock,
      // All profiles share one queue, so the first one's order holds, as upstream demands that they agree.
      compare: (a, b) => profiles[0]?.queueSort.queueSort!(a, b) ?? 0,
      gate: (info) => this.#profileOf(info).preEnqueue.find((plugin) => plugin.preEnqueue!(info) !== undefined),
      onActive: () => this.#planTurn(),
      backoff: {
        first: configuration.podInitialBackoffSeconds * 1000,
        longest: configuration.podMaxBackoffSeconds * 1000,
      },
      onIncoming: (part, cause) => this.#metrics.incoming(part, cause),
    });
    this.#metrics.pending(() => this.#queue.counts());
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
    this.#calm?.resolve();
    this.#decisions.clear();
    await this.#informers.stop();
    await Promise.all(this.#work);
  }

  /** The last decision about a pod, if this scheduler has made one. */
  decisionAbout(namespace: string, name: string): SchedulingDecision | undefined {
    return this.#decisions.get(keyOf({ namespace, name }));
  }

  #listen(): void {
    this.#nodes.listen({
      added: (object) => {
        this.#snapshot.setNode(object);
        this.#queue.happened({ name: 'NodeAdd', object });
      },
      updated: (object, old) => {
        this.#snapshot.setNode(object);
        this.#queue.happened(...nodeChanges(object, old));
      },
      deleted: (object) => {
        this.#snapshot.removeNode(object.metadata.name);
        this.#queue.happened({ name: 'NodeDelete', object });
      },
    });
    this.#pods.listen({
      added: (p) => this.#seen(p),
      updated: (p, old) => this.#seen(p, old),
      deleted: (p) => this.#gone(p),
    });
    const plugins = new Set([...this.#profiles.values()].flatMap(pluginsOf));
    watchResources(plugins, this.#informers, (event) => this.#queue.happened(event));
  }

  /** Puts a pod where its state says: on its node, into the queue, or nowhere. */
  #seen(p: Pod, old?: Pod): void {
    if (isFinished(p)) return this.#gone(p);
    if (p.spec?.nodeName) return this.#seenOnNode(p, old);
    if (p.metadata.deletionTimestamp || !this.#profiles.has(schedulerNameOf(p))) return this.#gone(p);
    const known = this.#queue.get(p.metadata.uid);
    const same = known !== undefined && sameSpec(p, known.info.pod);
    const info = same ? { ...known.info, pod: p } : podInfo(p);
    this.#noteNomination(info, old);
    if (same) this.#queue.refresh(info);
    else if (!this.#snapshot.isAssumed(p.metadata.uid)) this.#queue.put(info);
  }

  #seenOnNode(p: Pod, old: Pod | undefined): void {
    this.#forget(p.metadata.uid);
    this.#snapshot.setPod(p);
    if (old?.spec?.nodeName) this.#queue.happened(...assignedPodChanges(p, old));
    else this.#queue.happened({ name: 'AssignedPodAdd', object: p });
  }

  #gone(p: Pod): void {
    const waited = this.#forget(p.metadata.uid);
    if (this.#snapshot.removePod(p.metadata.uid)) this.#queue.happened({ name: 'AssignedPodDelete', object: p });
    else if (waited) this.#queue.happened({ name: 'UnscheduledPodDelete', object: p });
  }

  /** The pod no longer waits. Returns whether it did. */
  #forget(uid: string): boolean {
    const waited = this.#queue.get(uid) !== undefined;
    this.#queue.delete(uid);
    this.#snapshot.nominations.delete(uid);
    return waited;
  }

  /** Keeps what the API says of promised nodes; what was promised here and is not yet told there stays. */
  #noteNomination(info: PodInfo, old: Pod | undefined): void {
    const nodeName = info.pod.status?.nominatedNodeName;
    if (nodeName) this.#snapshot.nominations.set(info, nodeName);
    else if (old?.status?.nominatedNodeName) this.#snapshot.nominations.delete(info.uid);
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
    for (let i = 0; this.#running && !this.#busy && this.#writes < MOST_WRITES; i++) {
      if (i === DECISIONS_PER_TURN || clock.monotonic() > end) return this.#planTurn();
      const queued = this.#queue.take();
      if (!queued) return this.#rest();
      this.#attempt(queued);
    }
  }

  #events(component: string): EventRecorder {
    let recorder = this.#recorders.get(component);
    if (!recorder) {
      const { client, clock, log } = this.#options;
      const hold = (waiting: number) => this.#holdEvents(waiting);
      recorder = createEventRecorder({ client, clock, log, component, backlog: MOST_EVENTS, hold });
      this.#recorders.set(component, recorder);
    }
    return recorder;
  }

  /** Events of a burst of pods are written when all of them are placed: they are news, and binding is what is waited for. */
  #holdEvents(waiting: number): Promise<void> | undefined {
    if (!this.#running || waiting > HELD_EVENTS || (this.#writes === 0 && !this.#turnPlanned)) return undefined;
    this.#calm ??= Promise.withResolvers();
    return this.#calm.promise;
  }

  /** There is nothing to do until something comes. */
  #rest(): void {
    if (this.#writes > 0) return;
    this.#calm?.resolve();
    this.#calm = undefined;
  }

  #attempt(queued: QueuedPod): void {
    const { info } = queued;
    const started = this.#options.clock.monotonic();
    try {
      const profile = this.#profileOf(info);
      const extenders = this.#extenders.filter((one) => (one.filters || one.prioritizes) && one.isInterested(info));
      if (extenders.length > 0) return this.#attemptWith(extenders, queued, profile, started);
      const decision = scheduleOne(info, this.#snapshot, profile, this.#options.random, this.#position);
      this.#decided(queued, decision, started);
    } catch (error) {
      this.#fail(queued, error, started);
    }
  }

  #attemptWith(extenders: readonly Extender[], queued: QueuedPod, profile: Profile, started: number): void {
    const { random, log } = this.#options;
    const rest = { random, log, position: this.#position };
    const decision = scheduleWithExtenders(queued.info, this.#snapshot, profile, extenders, rest);
    const end = (made: Decision) => {
      if (this.#queue.get(queued.info.uid)) this.#decided(queued, made, started);
    };
    this.#await(queued, decision, end, started);
  }

  #decided(queued: QueuedPod, decision: Decision, started: number): void {
    const { cycle } = decision;
    if ('failure' in decision) this.#reject(queued, cycle, decision.failure, started);
    else this.#place(queued, cycle, decision.placement, started);
  }

  /** Counts the pod on its node at once, and tells the API in the background. */
  #place(queued: QueuedPod, cycle: Cycle, placement: Placement, started: number): void {
    const { node: chosen } = placement;
    this.#decisions.placed(queued, this.#snapshot.nodes.length, placement);
    this.#snapshot.assume(queued.info, chosen.name);
    this.#snapshot.nominations.delete(queued.info.uid);
    try {
      const refusal = reserve(cycle, chosen);
      if (!refusal) return this.#track(this.#bind(queued, cycle, chosen.name, started));
      this.#takeBack(queued.info);
      this.#refused(queued, cycle, chosen.name, refusal, started);
    } catch (error) {
      this.#takeBack(queued.info);
      throw error;
    }
  }

  async #bind(queued: QueuedPod, cycle: Cycle, nodeName: string, started: number): Promise<void> {
    const { info } = queued;
    try {
      const waiting = beforeBinding(cycle, nodeName, this.#abort.signal);
      const refusal = waiting && (await waiting);
      if (refusal) {
        unreserve(cycle, nodeName);
        this.#takeBack(info);
        return this.#refused(queued, cycle, nodeName, refusal, started);
      }
      this.#queue.decided(queued);
      await this.#counted(bind(cycle, nodeName));
      this.#queue.delete(info.uid);
      this.#metrics.scheduled(cycle.profile, queued, started);
      this.#events(schedulerNameOf(info.pod)).event(
        info.pod,
        'Normal',
        'Scheduled',
        `Successfully assigned ${info.key} to ${nodeName}`,
      );
      for (const plugin of cycle.profile.postBind) plugin.postBind!(info, nodeName, cycle.state(plugin));
    } catch (error) {
      unreserve(cycle, nodeName);
      this.#takeBack(info);
      this.#fail(queued, error, started);
    }
  }

  /** The pod is not on its node after all. */
  #takeBack(info: PodInfo): void {
    if (!this.#snapshot.forget(info.uid)) return;
    const { nominatedNodeName } = info.pod.status ?? {};
    if (nominatedNodeName && this.#queue.get(info.uid)) this.#snapshot.nominations.set(info, nominatedNodeName);
    this.#queue.happened({ name: 'AssignedPodDelete', object: info.pod });
  }

  /** A plugin refused the chosen node after all. */
  #refused(queued: QueuedPod, cycle: Cycle, nodeName: string, refusal: Refusal, started: number): void {
    const refusals = new Map([[nodeName, refusal]]);
    const diagnosis = { nodes: 1, refusals, plugins: new Set([refusal.plugin]) };
    this.#metrics.unschedulable(cycle.profile, started);
    this.#rejected(queued, diagnosis, {});
  }

  /** The pod fits nowhere: plugins may make room for it. */
  #reject(queued: QueuedPod, cycle: Cycle, failure: Diagnosis, started: number): void {
    const result = failure.nodes === 0 ? {} : postFilter(cycle, failure);
    const end = (made: PostFilterResult) => {
      this.#metrics.unschedulable(cycle.profile, started);
      this.#rejected(queued, failure, made);
    };
    if (result instanceof Promise) this.#await(queued, result, end, started);
    else end(result);
  }

  /** Takes no further pod until `result` is there. */
  #await<T>(queued: QueuedPod, result: Promise<T>, end: (result: T) => void, started: number): void {
    const wait = async () => {
      try {
        const found = await result.finally(() => (this.#busy = false));
        end(found); // what may be another wait
      } catch (error) {
        this.#fail(queued, error, started);
      }
    };
    this.#busy = true;
    this.#track(wait());
  }

  #rejected(queued: QueuedPod, diagnosis: Diagnosis, { nominatedNode, message }: PostFilterResult): void {
    const { info } = queued;
    if (nominatedNode) this.#snapshot.nominations.set(info, nominatedNode);
    else if (nominatedNode === '') this.#snapshot.nominations.delete(info.uid);
    if (!this.#running || !this.#queue.get(info.uid)) return;
    this.#queue.failed(queued, diagnosis.plugins);
    const text = failureMessage(diagnosis, message);
    this.#decisions.failed(queued, diagnosis, text, nominatedNode);
    this.#report(info, 'Unschedulable', text, nominatedNode);
  }

  /** Something broke: the pod is tried again, unless it is gone or has a node. */
  #fail(queued: QueuedPod, error: unknown, started: number): void {
    const { info } = queued;
    if (!this.#running || !this.#queue.get(info.uid)) return;
    if (isApiError(error, 'NotFound') && !this.#pods.get(info.key)) return void this.#forget(info.uid);
    this.#metrics.error(this.#profileOf(info), started);
    this.#queue.retry(queued);
    this.#decisions.broke(queued, errorMessage(error));
    this.#options.log.warn('scheduling failed', { pod: info.key, error: errorMessage(error) });
    this.#report(info, 'SchedulerError', errorMessage(error));
  }

  #report({ pod: about }: PodInfo, reason: string, message: string, nominatedNode?: string): void {
    this.#events(schedulerNameOf(about)).event(about, 'Warning', 'FailedScheduling', message);
    const write = reportFailure(this.#options, about, { reason, message, nominatedNode });
    if (write) this.#track(this.#counted(write));
  }

  /** Waits for a write, of which only so many may be under way. */
  async #counted(write: Promise<void>): Promise<void> {
    this.#writes++;
    try {
      await write;
    } finally {
      this.#writes--;
    }
  }

  #track(work: Promise<void>): void {
    this.#work.add(work);
    void work.finally(() => {
      this.#work.delete(work);
      this.#planTurn();
    });
  }

  #profileOf(info: PodInfo): Profile {
    return this.#profiles.get(schedulerNameOf(info.pod))!;
  }
}

/** Asks the plugins to make room; the first that promises a node wins, else all messages are told. */
function postFilter(cycle: Cycle, failure: Diagnosis): PostFilterResult | Promise<PostFilterResult> {
  const results: PostFilterResult[] = [];
  const plugins = cycle.profile.postFilter;
  const next = (i: number): PostFilterResult | Promise<PostFilterResult> => {
    const plugin = plugins[i];
    if (!plugin) return joined(results);
    const take = (result: PostFilterResult) => {
      results.push(result);
      return result.nominatedNode ? joined(results) : next(i + 1);
    };
    const result = plugin.postFilter!(cycle, failure, cycle.state(plugin));
    return result instanceof Promise ? result.then(take) : take(result);
  };
  return next(0);
}

function joined(results: readonly PostFilterResult[]): PostFilterResult {
  const nominatedNode = results.findLast((result) => result.nominatedNode !== undefined)?.nominatedNode;
  const messages = results.map(({ message }) => message).filter(Boolean);
  return { nominatedNode, message: messages.length > 0 ? messages.join(', ') : undefined };
}

function pluginsOf(profile: Profile): readonly Plugin[] {
  const { preEnqueue, preFilter, filter, postFilter: post, reserve: reserving, permit, preBind } = profile;
  return [...preEnqueue, ...preFilter, ...filter, ...post, ...reserving, ...permit, ...preBind];
}

function schedulerNameOf(p: Pod): string {
  return p.spec?.schedulerName || defaultSchedulerName;
}

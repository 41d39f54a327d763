import type { Pod } from '../api/core-v1/pod.ts';
import { keyOf } from '../apimachinery/object.ts';
import type { Clock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import type { Log } from '../base/log.ts';
import type { MetricRegistry } from '../base/metrics.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { createEventRecorder, type EventRecorder } from '../client/events.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { Attempts } from './attempts.ts';
import { ClusterWatch } from './cluster-watch.ts';
import { defaultConfiguration, type SchedulerConfiguration } from './config/configuration.ts';
import { profilesOf } from './config/profiles.ts';
import { DecisionLog, type SchedulingDecision } from './decision-log.ts';
import { Extender } from './extenders/extender.ts';
import { SchedulerMetrics } from './metrics.ts';
import type { Plugin, PluginHandle } from './plugin.ts';
import { pluginFactories } from './plugins/index.ts';
import type { Profile } from './profile.ts';
import { SchedulingQueue } from './queue.ts';
import { Snapshot } from './snapshot.ts';
import { WorkLoop } from './work-loop.ts';

export interface SchedulerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The machine on which it runs, for its events. */
  readonly host?: string | undefined;
  /** Where it counts. Absent: nowhere. */
  readonly metrics?: MetricRegistry | undefined;
  /** Default: one profile, for `default-scheduler`, with all plugins. */
  readonly configuration?: SchedulerConfiguration | undefined;
  /** Instead of those of the configuration. */
  readonly profiles?: ((handle: PluginHandle) => readonly Profile[]) | undefined;
}

const defaultSchedulerName = 'default-scheduler';

/** So many events may wait until there are no bindings to write, and so many at all. */
const HELD_EVENTS = 5_000;
const MOST_EVENTS = 20_000;

/** Gives every pod without a node one: puts the parts together that do it. */
export class Scheduler implements Component {
  readonly name = 'scheduler';
  readonly #options: SchedulerOptions;
  readonly #snapshot = new Snapshot();
  readonly #informers: InformerFactory;
  readonly #profiles: ReadonlyMap<string, Profile>;
  /** By the name of the profile, in whose name events are told. */
  readonly #recorders = new Map<string, EventRecorder>();
  readonly #decisions: DecisionLog;
  readonly #queue: SchedulingQueue;
  readonly #watch: ClusterWatch;
  readonly #loop: WorkLoop;
  readonly #attempts: Attempts;
  readonly #abort = new AbortController();

  constructor(options: SchedulerOptions) {
    const { clock, configuration = defaultConfiguration() } = options;
    this.#options = options;
    this.#informers = new InformerFactory(options);
    this.#decisions = new DecisionLog(clock);
    this.#loop = new WorkLoop(clock, () => this.#next());
    const metrics = new SchedulerMetrics(options.metrics, clock);
    const extenders = configuration.extenders.map((one) => new Extender(one, clock));
    this.#profiles = this.#makeProfiles(configuration, extenders);
    this.#queue = this.#makeQueue(configuration, metrics);
    metrics.pending(() => this.#queue.counts());
    this.#watch = new ClusterWatch({
      ...{ snapshot: this.#snapshot, queue: this.#queue, informers: this.#informers },
      isOurs: (pod) => this.#profiles.has(schedulerNameOf(pod)),
      plugins: new Set([...this.#profiles.values()].flatMap(pluginsOf)),
    });
    this.#attempts = new Attempts({
      ...{ ...options, snapshot: this.#snapshot, queue: this.#queue, watch: this.#watch, loop: this.#loop },
      ...{ metrics, decisions: this.#decisions, extenders, signal: this.#abort.signal },
      profileOf: (pod) => this.#profileOf(pod),
      recorderFor: (pod) => this.#events(schedulerNameOf(pod)),
    });
  }

  async start(): Promise<void> {
    this.#watch.listen();
    this.#informers.start();
    await this.#informers.synced(this.#abort.signal);
    this.#loop.start();
  }

  async stop(): Promise<void> {
    this.#loop.stop();
    this.#abort.abort(new Error('the scheduler was stopped'));
    this.#queue.close();
    this.#decisions.clear();
    await this.#informers.stop();
    await this.#loop.ended();
  }

  /** The last decision about a pod, if this scheduler has made one. */
  decisionAbout(namespace: string, name: string): SchedulingDecision | undefined {
    return this.#decisions.get(keyOf({ namespace, name }));
  }

  #makeProfiles(configuration: SchedulerConfiguration, extenders: readonly Extender[]): Map<string, Profile> {
    const { client, clock, log, random } = this.#options;
    const handle: PluginHandle = {
      ...{ client, clock, log, random, informers: this.#informers, snapshot: this.#snapshot, extenders },
      events: this.#events(defaultSchedulerName),
      happened: (event) => this.#queue.happened(event),
    };
    for (const warning of configuration.warnings) log.warn(warning);
    const profiles = this.#options.profiles?.(handle) ?? profilesOf(configuration, pluginFactories, handle);
    return new Map(profiles.map((profile) => [profile.schedulerName, profile]));
  }

  #makeQueue(configuration: SchedulerConfiguration, metrics: SchedulerMetrics): SchedulingQueue {
    // All profiles share one queue, so the first one's order holds, as upstream demands that they agree.
    const [first] = this.#profiles.values();
    return new SchedulingQueue({
      clock: this.#options.clock,
      compare: (a, b) => first?.queueSort.queueSort!(a, b) ?? 0,
      gate: (info) => this.#profileOf(info.pod).preEnqueue.find((plugin) => plugin.preEnqueue!(info) !== undefined),
      onActive: () => this.#loop.planTurn(),
      backoff: {
        first: configuration.podInitialBackoffSeconds * 1000,
        longest: configuration.podMaxBackoffSeconds * 1000,
      },
      onIncoming: (part, cause) => metrics.incoming(part, cause),
    });
  }

  #next(): boolean {
    const queued = this.#queue.take();
    if (queued) this.#attempts.attempt(queued);
    return queued !== undefined;
  }

  #events(component: string): EventRecorder {
    let recorder = this.#recorders.get(component);
    if (!recorder) {
      const { client, clock, log, host } = this.#options;
      // Events of a burst of pods are written when all of them are placed: they are news, and binding is what is waited for.
      const hold = (waiting: number) => (waiting > HELD_EVENTS ? undefined : this.#loop.calm());
      const modern = { instance: host ? `${component}-${host}` : component, actionOf };
      recorder = createEventRecorder({ client, clock, log, component, modern, backlog: MOST_EVENTS, hold });
      this.#recorders.set(component, recorder);
    }
    return recorder;
  }

  #profileOf(pod: Pod): Profile {
    return this.#profiles.get(schedulerNameOf(pod))!;
  }
}

function pluginsOf(profile: Profile): readonly Plugin[] {
  const { preEnqueue, preFilter, filter, postFilter: post, reserve: reserving, permit, preBind } = profile;
  return [...preEnqueue, ...preFilter, ...filter, ...post, ...reserving, ...permit, ...preBind];
}

/** What the scheduler does when it tells of something. */
function actionOf(reason: string): string {
  return { Scheduled: 'Binding', Preempted: 'Preempting' }[reason] ?? 'Scheduling';
}

function schedulerNameOf(p: Pod): string {
  return p.spec?.schedulerName || defaultSchedulerName;
}

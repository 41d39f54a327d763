import { isDeepStrictEqual } from 'node:util';
import type { Pod } from '../../api/core-v1/pod.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import { errorMessage, type Log } from '../../base/log.ts';
import { identityOf, isCritical } from '../pod-spec.ts';
import type { Eviction } from '../pod-worker.ts';
import type { UsageReport } from '../stats/monitor.ts';
import type { NodeUsage } from '../stats/node-usage.ts';
import { evictionMessage, overLimit, type PodDiskUse } from './messages.ts';
import { lookAtPressure, noPressure, observe, type Observations, type Pressure } from './pressure.ts';
import { rankPods, resourceOf, type PodUse } from './ranking.ts';
import type { Threshold } from './thresholds.ts';

export interface EvictionOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly thresholds: readonly Threshold[];
  /** Milliseconds for which a condition is told after it was last seen. Default: five minutes. */
  readonly transition?: number | undefined;
  /** Seconds that a pod gets at most when a soft threshold was crossed. Default 0. */
  readonly maxGraceSeconds?: number | undefined;
  readonly usage: () => Promise<NodeUsage>;
  readonly report: () => Promise<UsageReport>;
  /** Bytes of memory. */
  readonly memory: () => number;
  /** The pods that the node runs. */
  readonly pods: () => readonly Pod[];
  /** Undefined where pods have no files. */
  readonly diskUse: ((pod: Pod) => Promise<PodDiskUse>) | undefined;
  readonly hasDiskLimit: (pod: Pod) => boolean;
  /** Tells of a resource that is being reclaimed, on the node. */
  readonly tell: (reason: string, message: string) => void;
  /** Frees what nobody needs, before pods are evicted. */
  readonly reclaimDisk?: (() => Promise<void>) | undefined;
  readonly evict: (pod: Pod, eviction: Eviction, signal: string) => void;
  /** The node's conditions have changed. */
  readonly changed: () => void;
}

/** Milliseconds, as upstream's. */
const LOOK_EVERY = 10_000;
const TRANSITION = 300_000;
/** Seconds that a container gets where there is no time to lose. */
const LEAST_GRACE = 1;

/**
 * Evicts pods when the node runs out of memory, disk or processes, one at each look, and those that use more of the disk
 * than they may. Nothing is measured but the node while nothing is short.
 */
export class EvictionManager {
  readonly #options: EvictionOptions;
  #memory = noPressure;
  #conditions: readonly Pressure[] = [];
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: EvictionOptions) {
    this.#options = options;
  }

  /** The conditions of the node that are true. */
  get conditions(): readonly Pressure[] {
    return this.#conditions;
  }

  start(): void {
    this.#timer = this.#options.clock.every(LOOK_EVERY, () => void this.look());
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#looking;
  }

  /** Looks once; whoever calls meanwhile waits for the same. Never throws. */
  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error) => this.#options.log.warn('cannot look for pressure', { error: errorMessage(error) }))
      .finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { clock, thresholds, transition = TRANSITION, usage, memory, changed } = this.#options;
    const observations = observe(await usage(), memory());
    const found = lookAtPressure(thresholds, observations, this.#memory, { now: clock.now(), transition });
    this.#memory = found.memory;
    const before = this.#conditions;
    this.#conditions = found.conditions;
    if (!isDeepStrictEqual(before, found.conditions)) changed();
    const evicted = await this.#evictOverLimit();
    if (!evicted && found.due.length > 0) await this.#reclaim(found.due[0]!, observations);
  }

  /** Pods over a limit of their own go whatever the node has left. */
  async #evictOverLimit(): Promise<boolean> {
    const { pods, diskUse, hasDiskLimit } = this.#options;
    if (!diskUse) return false;
    let evicted = false;
    for (const pod of pods().filter(hasDiskLimit)) {
      const message = overLimit({ pod, use: await diskUse(pod) });
      if (message === undefined) continue;
      this.#evict(pod, message, LEAST_GRACE, 'ephemeralcontainerfs.limit');
      evicted = true;
    }
    return evicted;
  }

  async #reclaim(threshold: Threshold, observations: Observations): Promise<void> {
    const { tell, reclaimDisk, maxGraceSeconds = 0, usage, memory } = this.#options;
    const resource = resourceOf(threshold.signal);
    tell('EvictionThresholdMet', `Attempting to reclaim ${resource}`);
    if (reclaimDisk && resource !== 'memory' && resource !== 'pids') {
      await reclaimDisk();
      const now = observe(await usage(), memory());
      const { due } = lookAtPressure([threshold], now, this.#memory, { now: this.#options.clock.now(), transition: 0 });
      if (due.length === 0) return;
    }
    const [victim] = rankPods(await this.#uses(resource), resource);
    if (!victim)
      return this.#options.log.warn('the node is short of a resource, and no pod can be evicted', { resource });
    const grace = threshold.grace > 0 ? maxGraceSeconds : LEAST_GRACE;
    this.#evict(
      victim.pod,
      evictionMessage(threshold, observations.get(threshold.signal)!, victim),
      grace,
      threshold.signal,
    );
  }

  /** What each pod that may be evicted uses. */
  async #uses(resource: string): Promise<PodUse[]> {
    const pods = this.#options.pods().filter((pod) => !isCritical(pod));
    if (resource !== 'memory' && resource !== 'pids') return this.#diskUses(pods);
    const report = await this.#options.report();
    const reports = new Map(report.pods.map((one) => [one.pod.uid, one.containers]));
    return pods.map((pod) => {
      const containers = new Map(
        (reports.get(identityOf(pod).uid) ?? []).map(({ container, usage }) => [
          container.name,
          resource === 'memory' ? usage.memory.workingSet : usage.processes,
        ]),
      );
      return { pod, containers, total: sum(containers.values()) };
    });
  }

  async #diskUses(pods: readonly Pod[]): Promise<PodUse[]> {
    const { diskUse } = this.#options;
    const uses: PodUse[] = [];
    for (const pod of pods) {
      const use = await diskUse?.(pod);
      const containers = use?.containers ?? new Map<string, number>();
      uses.push({ pod, containers, total: sum(containers.values()) + sum(use?.emptyDirs.values() ?? []) });
    }
    return uses;
  }

  #evict(pod: Pod, message: string, graceSeconds: number, signal: string): void {
    this.#options.log.info('evicting a pod', { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, message });
    const condition = { reason: 'TerminationByKubelet', message };
    this.#options.evict(pod, { reason: 'Evicted', message, graceSeconds, condition }, signal);
  }
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

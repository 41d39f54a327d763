import type { Refusal } from './diagnosis.ts';
import type { NodeInfo } from './node-info.ts';
import type { Plugin } from './plugin.ts';
import type { PodInfo } from './pod-info.ts';
import type { Profile } from './profile.ts';
import type { Snapshot } from './snapshot.ts';
import { noTimes, type ExtensionPoint, type StepStatus, type StepTimes } from './step-times.ts';

/** What the plugins that take part have worked out in `preFilter`. A plugin that skipped is not to be asked to filter. */
type States = Map<Plugin, unknown>;

/** One attempt to find a node for a pod: what its plugins know. */
export class Cycle {
  readonly pod: PodInfo;
  readonly profile: Profile;
  readonly snapshot: Snapshot;
  readonly #times: StepTimes;
  readonly #states: States = new Map();
  #filters: readonly Plugin[] = [];
  #skipped: ReadonlySet<Plugin> = new Set();

  constructor(pod: PodInfo, profile: Profile, snapshot: Snapshot, times = noTimes) {
    this.pod = pod;
    this.profile = profile;
    this.snapshot = snapshot;
    this.#times = times;
  }

  /** Does a step, and tells how long it took and how it ended. */
  timed<R>(step: ExtensionPoint, work: () => R, endOf: (result: Awaited<R>) => StepStatus = () => 'Success'): R {
    const started = this.#times.now();
    const end = (status: StepStatus) => this.#times.took(step, this.profile.schedulerName, status, started);
    const ended = (result: Awaited<R>) => {
      end(endOf(result));
      return result;
    };
    const broke = (error: unknown): never => {
      end('Error');
      throw error;
    };
    let result: R;
    try {
      result = work();
    } catch (error) {
      return broke(error);
    }
    return result instanceof Promise ? (result.then(ended, broke) as R) : ended(result as Awaited<R>);
  }

  /**
   * Asks all plugins for what is the same for all nodes. Returns the only nodes worth looking at with the plugins that
   * say so, or who rejects the pod as it is.
   */
  preFilter(): { nodes?: Set<string>; by?: readonly Plugin[] } | { everywhere: Refusal } {
    const skipped = new Set<Plugin>();
    const by: Plugin[] = [];
    let nodes: Set<string> | undefined;
    for (const plugin of this.profile.preFilter) {
      const result = plugin.preFilter!(this.pod, this.snapshot);
      if (result === 'skip') skipped.add(plugin);
      else if ('rejection' in result) return { everywhere: { plugin, rejection: result.rejection } };
      else {
        this.#states.set(plugin, result.state);
        if (!result.nodes) continue;
        by.push(plugin);
        nodes = common(nodes, result.nodes);
        if (nodes.size === 0) return { everywhere: { plugin, rejection: nothingLeft(by) } };
      }
    }
    this.#skipped = skipped;
    this.#filters = this.profile.filter.filter((plugin) => !skipped.has(plugin));
    return nodes ? { nodes, by } : {};
  }

  state(plugin: Plugin): any {
    return this.#states.get(plugin);
  }

  /** Whether the pod can run on the node: with the pods that are there, and also beside those that are promised it. */
  filter(node: NodeInfo): Refusal | undefined {
    const promised = this.promised(node);
    if (promised.length > 0) {
      const simulation = this.simulate(node);
      for (const other of promised) simulation.add(other);
      const refusal = simulation.filter();
      if (refusal) return refusal;
    }
    return firstRefusal(this.#filters, this.pod, node, this.#states);
  }

  /** What if other pods were on the node, or gone from it. The node and this cycle stay as they are. */
  simulate(node: NodeInfo): Simulation {
    return new Simulation(this.pod, node, this.#filters, this.#states, this.#skipped);
  }

  /** The pods at least as important as ours that are promised the node and not counted on it. */
  promised(node: NodeInfo): PodInfo[] {
    const { nominations } = this.snapshot;
    if (nominations.size === 0) return [];
    return nominations.on(node.name).filter((p) => p.priority >= this.pod.priority && p.uid !== this.pod.uid);
  }
}

/** A node as it would be with other pods on it, for `Cycle.pod`. */
export class Simulation {
  readonly node: NodeInfo;
  readonly #pod: PodInfo;
  readonly #filters: readonly Plugin[];
  readonly #states: States = new Map();

  constructor(
    pod: PodInfo,
    node: NodeInfo,
    filters: readonly Plugin[],
    states: States,
    skipped: ReadonlySet<Plugin> = new Set(),
  ) {
    this.#pod = pod;
    this.node = node.clone();
    this.#filters = filters;
    for (const [plugin, state] of states) {
      if (!skipped.has(plugin)) this.#states.set(plugin, plugin.cloneState ? plugin.cloneState(state) : state);
    }
  }

  add(other: PodInfo): void {
    this.node.addPod(other);
    for (const [plugin, state] of this.#states) plugin.addPod?.(this.#pod, other, this.node, state);
  }

  remove(other: PodInfo): void {
    if (!this.node.removePod(other.uid)) return;
    for (const [plugin, state] of this.#states) plugin.removePod?.(this.#pod, other, this.node, state);
  }

  /** Who would refuse the pod now. */
  filter(): Refusal | undefined {
    return firstRefusal(this.#filters, this.#pod, this.node, this.#states);
  }
}

function firstRefusal(filters: readonly Plugin[], pod: PodInfo, node: NodeInfo, states: States): Refusal | undefined {
  for (const plugin of filters) {
    const rejection = plugin.filter!(pod, node, states.get(plugin));
    if (rejection) return { plugin, rejection };
  }
  return undefined;
}

function common(before: ReadonlySet<string> | undefined, named: ReadonlySet<string>): Set<string> {
  return new Set(before ? [...named].filter((name) => before.has(name)) : named);
}

function nothingLeft(plugins: readonly Plugin[]) {
  const names = plugins.map(({ name }) => name).sort();
  const together = names.length > 1 ? ' simultaneously' : '';
  return { reasons: [`node(s) didn't satisfy plugin(s) [${names.join(' ')}]${together}`], unresolvable: true };
}

import type { Node } from '../../api/core-v1/node.ts';
import type { ClusterEvent } from '../cluster-event.ts';
import { nodeDemand, type NodeDemand } from '../node-selector.ts';
import { BEST_SCORE, type Plugin, type PluginFactory, type Rejection } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Snapshot } from '../snapshot.ts';
import {
  inAllTopologies,
  includes,
  ownConstraints,
  selects,
  spreadsAmong,
  type SpreadConstraint,
} from '../spread-constraints.ts';
import { defaultConstraints, spreadDefaults, type SpreadArgs, type SpreadDefaults } from './spread-defaults.ts';

/** One constraint, and how many pods there are in each of its topologies. */
interface Counted {
  readonly constraint: SpreadConstraint;
  /** Only topologies that have a node that counts; by the value of the label. */
  readonly pods: Map<string, number>;
}

interface State {
  readonly demand: NodeDemand | undefined;
  readonly constraints: readonly SpreadConstraint[];
  readonly counted: readonly Counted[];
}

/** What the nodes are compared by. */
interface Scoring {
  readonly counted: readonly (Counted & { readonly weight: number })[];
  /** Nodes outside of the topologies, which score nothing. */
  readonly ignored: ReadonlySet<NodeInfo>;
}

const HOSTNAME = 'kubernetes.io/hostname';
const crowded: Rejection = {
  reasons: ["node(s) didn't match pod topology spread constraints"],
  unresolvable: false,
};
const outside: Rejection = {
  reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"],
  unresolvable: true,
};

/** `spec.topologySpreadConstraints`, and what stands for those who have none. */
export function createPodTopologySpread(defaults: SpreadDefaults): Plugin<State, Scoring> {
  const constraintsFor = (pod: PodInfo, when: 'DoNotSchedule' | 'ScheduleAnyway') =>
    pod.spec.topologySpreadConstraints?.length ? ownConstraints(pod, when) : defaultConstraints(defaults, pod, when);

  return {
    name: 'PodTopologySpread',
    wakesOn: [
      {
        on: ['AssignedPodAdd', 'AssignedPodDelete', 'AssignedPodUpdatePodLabel'],
        helps: (pod, event) => changesCount(constraintsFor(pod, 'DoNotSchedule'), pod, event),
      },
      {
        on: ['NodeAdd', 'NodeDelete', 'NodeUpdateNodeLabel', 'NodeUpdateNodeTaint'],
        helps: (pod, event) => changesTopologies(constraintsFor(pod, 'DoNotSchedule'), event),
      },
    ],

    preFilter(pod, snapshot) {
      const constraints = constraintsFor(pod, 'DoNotSchedule');
      if (constraints.length === 0) return 'skip';
      const demand = nodeDemand(pod.spec);
      return { state: { demand, constraints, counted: countAll(constraints, pod, snapshot, demand) } };
    },

    addPod: (pod, other, node, state) => recount(state, pod, other, node, 1),
    removePod: (pod, other, node, state) => recount(state, pod, other, node, -1),
    cloneState: (state) => ({
      ...state,
      counted: state.counted.map(({ constraint, pods }) => ({ constraint, pods: new Map(pods) })),
    }),

    filter(pod, { labels }, { counted }) {
      for (const { constraint, pods } of counted) {
        const value = labels[constraint.topologyKey];
        if (value === undefined) return outside;
        const self = selects(constraint.selector, pod.labels) ? 1 : 0;
        const skew = (pods.get(value) ?? 0) + self - fewest(constraint, pods);
        if (skew > constraint.maxSkew) return crowded;
      }
      return undefined;
    },

    preScore(pod, nodes, snapshot) {
      const constraints = constraintsFor(pod, 'ScheduleAnyway');
      if (constraints.length === 0) return 'skip';
      const own = (pod.spec.topologySpreadConstraints ?? []).length > 0;
      return scoringFor(constraints, pod, nodes, snapshot, own || !defaults.system);
    },

    score(pod, node, { counted, ignored }) {
      if (ignored.has(node)) return 0;
      let score = 0;
      for (const { constraint, pods, weight } of counted) {
        const value = node.labels[constraint.topologyKey];
        if (value === undefined) continue;
        const there = constraint.topologyKey === HOSTNAME ? podsOn(constraint, pod, node) : (pods.get(value) ?? 0);
        score += there * weight + (constraint.maxSkew - 1);
      }
      return Math.round(score);
    },

    normalize: (scores, _, nodes, { ignored }) => fewerIsBetter(scores, nodes, ignored),
  };
}

export const podTopologySpread: PluginFactory = {
  name: 'PodTopologySpread',
  weight: 2,
  create: (args, handle) => createPodTopologySpread(spreadDefaults((args as SpreadArgs | undefined) ?? {}, handle)),
};

/** The number of matching pods in each topology that has a node where the pod could be. */
function countAll(
  constraints: readonly SpreadConstraint[],
  pod: PodInfo,
  snapshot: Snapshot,
  demand: NodeDemand | undefined,
): Counted[] {
  const counted = constraints.map((constraint) => ({ constraint, pods: new Map<string, number>() }));
  for (const node of snapshot.nodes) {
    if (!inAllTopologies(constraints, node)) continue;
    for (const { constraint, pods } of counted) {
      const value = node.labels[constraint.topologyKey]!;
      if (!pods.has(value) && includes(constraint, pod, node, demand)) pods.set(value, 0);
    }
  }
  for (const { info, on } of snapshot.placedIn(pod.namespace)) {
    if (on.node) countOne(counted, constraints, pod, info, on, demand, 1);
  }
  return counted;
}

function countOne(
  counted: readonly Counted[],
  constraints: readonly SpreadConstraint[],
  pod: PodInfo,
  other: PodInfo,
  node: NodeInfo,
  demand: NodeDemand | undefined,
  amount: 1 | -1,
): void {
  for (const { constraint, pods } of counted) {
    if (!spreadsAmong(constraint, pod, other) || !inAllTopologies(constraints, node)) continue;
    const value = node.labels[constraint.topologyKey]!;
    const before = pods.get(value);
    if (before !== undefined && includes(constraint, pod, node, demand)) pods.set(value, before + amount);
  }
}

function recount(state: State, pod: PodInfo, other: PodInfo, node: NodeInfo, amount: 1 | -1): void {
  countOne(state.counted, state.constraints, pod, other, node, state.demand, amount);
  for (const { pods } of state.counted) least.delete(pods);
}

/** The smallest number in each count, worked out once. */
const least = new WeakMap<ReadonlyMap<string, number>, number>();

/** What the topology with the fewest pods has; none, when there are fewer topologies than there should be. */
function fewest({ minDomains }: SpreadConstraint, pods: ReadonlyMap<string, number>): number {
  if (pods.size < minDomains) return 0;
  let known = least.get(pods);
  if (known === undefined) {
    known = Infinity;
    for (const count of pods.values()) if (count < known) known = count;
    least.set(pods, known);
  }
  return known;
}

function scoringFor(
  constraints: readonly SpreadConstraint[],
  pod: PodInfo,
  nodes: readonly NodeInfo[],
  snapshot: Snapshot,
  needsAll: boolean,
): Scoring {
  const ignored = new Set(needsAll ? nodes.filter((node) => !inAllTopologies(constraints, node)) : []);
  const demand = nodeDemand(pod.spec);
  const counted = constraints.map((constraint) => {
    const pods = new Map<string, number>();
    const isHost = constraint.topologyKey === HOSTNAME;
    if (!isHost) {
      for (const node of nodes) {
        const value = node.labels[constraint.topologyKey];
        if (value !== undefined && !ignored.has(node)) pods.set(value, 0);
      }
    }
    const topologies = isHost ? nodes.length - ignored.size : pods.size;
    return { constraint, pods, weight: Math.log(topologies + 2) };
  });
  const wide = counted.filter(({ constraint }) => constraint.topologyKey !== HOSTNAME);
  if (wide.length > 0) {
    const all = needsAll ? constraints : [];
    for (const { info, on } of snapshot.placedIn(pod.namespace)) {
      if (on.node) for (const one of wide) countOne([one], all, pod, info, on, demand, 1);
    }
  }
  return { counted, ignored };
}

function podsOn(constraint: SpreadConstraint, pod: PodInfo, node: NodeInfo): number {
  let count = 0;
  for (const other of node.pods.values()) if (spreadsAmong(constraint, pod, other)) count++;
  return count;
}

/** The node with the fewest becomes 100, that with the most what is left of it. */
function fewerIsBetter(scores: number[], nodes: readonly NodeInfo[], ignored: ReadonlySet<NodeInfo>): void {
  let lowest = Infinity;
  let highest = 0;
  for (let i = 0; i < scores.length; i++) {
    if (ignored.has(nodes[i]!)) continue;
    lowest = Math.min(lowest, scores[i]!);
    highest = Math.max(highest, scores[i]!);
  }
  for (let i = 0; i < scores.length; i++) {
    if (ignored.has(nodes[i]!)) scores[i] = 0;
    else if (highest === 0) scores[i] = BEST_SCORE;
    else scores[i] = Math.trunc((BEST_SCORE * (highest + lowest - scores[i]!)) / highest);
  }
}

/** Whether one of those among which the pod is spread came, went, or became another. */
function changesCount(constraints: readonly SpreadConstraint[], pod: PodInfo, { object, old }: ClusterEvent): boolean {
  if (object?.metadata.namespace !== pod.namespace) return false;
  const counts = (labels: Readonly<Record<string, string>> = {}) =>
    constraints.map(({ selector }) => selects(selector, labels));
  const now = counts(object.metadata.labels);
  if (!old) return now.includes(true);
  const before = counts(old.metadata.labels);
  return now.some((matches, i) => matches !== before[i]);
}

/** Whether a node came into, left, or changed the topologies that count. */
function changesTopologies(constraints: readonly SpreadConstraint[], { name, object, old }: ClusterEvent): boolean {
  const labels = (object as Node).metadata.labels ?? {};
  const inside = (of: Readonly<Record<string, string>>) => constraints.every((c) => of[c.topologyKey] !== undefined);
  if (!old) return inside(labels);
  if (name === 'NodeUpdateNodeTaint') return constraints.some((c) => c.honorTaints) && inside(labels);
  const before = (old as Node).metadata.labels ?? {};
  if (!inside(labels) && !inside(before)) return false;
  return constraints.some((c) => c.honorAffinity || labels[c.topologyKey] !== before[c.topologyKey]);
}

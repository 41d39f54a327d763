import type { Random } from '../base/random.ts';
import type { NodeInfo } from './node-info.ts';
import type { ClusterEvent, Plugin, Profile, Rejection } from './plugin.ts';
import type { PodInfo } from './pod-info.ts';
import type { Snapshot } from './snapshot.ts';

/** Why a pod fits nowhere. */
export interface Diagnosis {
  readonly nodes: number;
  /** On how many nodes each reason holds. */
  readonly reasons: ReadonlyMap<string, number>;
  /** On how many nodes removing other pods would not help. */
  readonly unresolvable: number;
  /** On how many of the other nodes there are pods of lower priority. */
  readonly withVictims: number;
  /** The plugins that rejected. */
  readonly plugins: ReadonlySet<Plugin>;
}

/** What was decided for one pod. */
export type Decision =
  { readonly node: NodeInfo; readonly evaluated: number; readonly feasible: number } | { readonly failure: Diagnosis };

/** Remembers where the last search ended, so that all nodes get their turn when only some are looked at. */
export interface SearchPosition {
  next: number;
}

/** Below this many nodes all are looked at; above, at least as many must be found feasible. */
const FEW_NODES = 100;

/**
 * How many feasible nodes are enough to choose among: upstream's `percentageOfNodesToScore` at its default, which falls
 * from half of the nodes to a twentieth as the cluster grows.
 */
export function feasibleNodesToFind(nodes: number): number {
  if (nodes < FEW_NODES) return nodes;
  const percentage = Math.max(5, 50 - Math.trunc(nodes / 125));
  return Math.max(FEW_NODES, Math.trunc((nodes * percentage) / 100));
}

/** Chooses the node for a pod, or says why there is none. Changes nothing but `position`. */
export function scheduleOne(
  pod: PodInfo,
  snapshot: Snapshot,
  profile: Profile,
  random: Random,
  position: SearchPosition = { next: 0 },
): Decision {
  const steps = profile.plugins.map((plugin): Step => ({ plugin, state: plugin.prepare?.(pod, snapshot) }));
  const search = findFeasible(pod, snapshot, steps, position);
  if (search.feasible.length === 0) return { failure: search.diagnosis };
  const { feasible, evaluated } = search;
  const node = feasible.length === 1 ? feasible[0]! : best(pod, feasible, steps, random);
  return { node, evaluated, feasible: feasible.length };
}

interface Step {
  readonly plugin: Plugin;
  readonly state: unknown;
}

interface Search {
  readonly feasible: NodeInfo[];
  readonly evaluated: number;
  readonly diagnosis: Diagnosis;
}

function findFeasible(pod: PodInfo, snapshot: Snapshot, steps: readonly Step[], position: SearchPosition): Search {
  const { nodes } = snapshot;
  const enough = feasibleNodesToFind(nodes.length);
  const filters = steps.filter(({ plugin }) => plugin.filter !== undefined);
  const diagnosis = {
    nodes: nodes.length,
    reasons: new Map(),
    unresolvable: 0,
    withVictims: 0,
    plugins: new Set<Plugin>(),
  };
  const feasible: NodeInfo[] = [];
  let evaluated = 0;
  for (; evaluated < nodes.length && feasible.length < enough; evaluated++) {
    const node = nodes[(position.next + evaluated) % nodes.length]!;
    const refused = firstRejection(pod, node, filters);
    if (!refused) feasible.push(node);
    else record(diagnosis, pod, node, refused);
  }
  position.next = nodes.length === 0 ? 0 : (position.next + evaluated) % nodes.length;
  return { feasible, evaluated, diagnosis };
}

function firstRejection(pod: PodInfo, node: NodeInfo, filters: readonly Step[]): Refusal | undefined {
  for (const { plugin, state } of filters) {
    const rejection = plugin.filter!(pod, node, state);
    if (rejection) return { plugin, rejection };
  }
  return undefined;
}

interface Refusal {
  readonly plugin: Plugin;
  readonly rejection: Rejection;
}

interface MutableDiagnosis {
  readonly reasons: Map<string, number>;
  readonly plugins: Set<Plugin>;
  unresolvable: number;
  withVictims: number;
}

function record(into: MutableDiagnosis, pod: PodInfo, node: NodeInfo, { plugin, rejection }: Refusal): void {
  for (const reason of rejection.reasons) into.reasons.set(reason, (into.reasons.get(reason) ?? 0) + 1);
  into.plugins.add(plugin);
  if (rejection.unresolvable) into.unresolvable++;
  else if (hasVictims(pod, node)) into.withVictims++;
}

function hasVictims(pod: PodInfo, node: NodeInfo): boolean {
  for (const other of node.pods.values()) if (other.priority < pod.priority) return true;
  return false;
}

/** The node with the highest weighted sum of scores; among equals one at random. */
function best(pod: PodInfo, nodes: readonly NodeInfo[], steps: readonly Step[], random: Random): NodeInfo {
  const totals = nodes.map(() => 0);
  for (const { plugin, state } of steps) {
    if (!plugin.score) continue;
    const scores = nodes.map((node) => plugin.score!(pod, node, state));
    plugin.normalize?.(scores);
    const weight = plugin.weight ?? 1;
    for (let i = 0; i < scores.length; i++) totals[i]! += scores[i]! * weight;
  }
  return nodes[pickHighest(totals, random)]!;
}

/** The index of the highest value; each of several equal ones is as likely. */
export function pickHighest(values: readonly number[], random: Random): number {
  let chosen = 0;
  let equals = 1;
  for (let i = 1; i < values.length; i++) {
    if (values[i]! > values[chosen]!) {
      chosen = i;
      equals = 1;
    } else if (values[i] === values[chosen] && random() * ++equals < 1) {
      chosen = i;
    }
  }
  return chosen;
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: ...` */
export function failureMessage(failure: Diagnosis): string {
  const { nodes, reasons } = failure;
  if (nodes === 0) return 'no nodes available to schedule pods';
  const parts = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${parts.join(', ')}. ${preemptionMessage(failure)}`;
}

/** What upstream's preemption finds when there is nobody to preempt; we do not preempt yet, and say so where it matters. */
function preemptionMessage({ nodes, unresolvable, withVictims }: Diagnosis): string {
  const counts: [number, string][] = [
    [nodes - unresolvable - withVictims, 'No preemption victims found for incoming pod'],
    [withVictims, 'Preemption is not supported'],
    [unresolvable, 'Preemption is not helpful for scheduling'],
  ];
  const parts = counts.filter(([count]) => count > 0).map(([count, reason]) => `${count} ${reason}`);
  return `preemption: 0/${nodes} nodes are available: ${parts.sort().join(', ')}.`;
}

/** The events that can make the pod fit. */
export function wakingEvents(failure: Diagnosis): Set<ClusterEvent> {
  const events = new Set<ClusterEvent>(['node-added']);
  for (const plugin of failure.plugins) for (const event of plugin.wakesOn ?? []) events.add(event);
  return events;
}

import type { Random } from '../base/random.ts';
import { Cycle } from './cycle.ts';
import type { Diagnosis, Refusal } from './diagnosis.ts';
import type { NodeInfo } from './node-info.ts';
import type { Plugin, Rejection } from './plugin.ts';
import type { PodInfo } from './pod-info.ts';
import type { Profile } from './profile.ts';
import type { Snapshot } from './snapshot.ts';
import { statusOf, type StepTimes } from './step-times.ts';

/** What one plugin said of the feasible nodes, normalised and not yet weighted. */
export interface Scores {
  readonly plugin: Plugin;
  readonly weight: number;
  /** In the order of `Placement.feasible`. */
  readonly values: readonly number[];
}

/** A node that was found. */
export interface Placement {
  readonly node: NodeInfo;
  /** How many nodes were looked at. */
  readonly evaluated: number;
  readonly feasible: readonly NodeInfo[];
  /** Empty when there was nothing to choose among. */
  readonly scores: readonly Scores[];
  /** The weighted sums of the scores. */
  readonly totals: Float64Array;
  /** Who refused the others that were looked at. */
  readonly refusals: ReadonlyMap<string, Refusal>;
}

/** What was decided for one pod. */
export type Decision = { readonly cycle: Cycle } & (
  { readonly placement: Placement } | { readonly failure: Diagnosis }
);

/** Remembers where the last search ended, so that all nodes get their turn when only some are looked at. */
export interface SearchPosition {
  next: number;
}

/** Below this many nodes all are looked at; above, at least as many must be found feasible. */
const FEW_NODES = 100;

/**
 * How many feasible nodes are enough to choose among: `percentage` of all, where 0 stands for a share that falls from half
 * of the nodes to a twentieth as the cluster grows.
 */
export function feasibleNodesToFind(nodes: number, percentage = 0): number {
  if (nodes < FEW_NODES) return nodes;
  const share = percentage > 0 ? percentage : Math.max(5, 50 - Math.trunc(nodes / 125));
  return Math.min(nodes, Math.max(FEW_NODES, Math.trunc((nodes * share) / 100)));
}

/** Chooses the node for a pod, or says why there is none. Changes nothing but `position`. */
export function scheduleOne(
  pod: PodInfo,
  snapshot: Snapshot,
  profile: Profile,
  random: Random,
  position: SearchPosition = { next: 0 },
  times?: StepTimes,
): Decision {
  const cycle = new Cycle(pod, profile, snapshot, times);
  const search = findFeasible(cycle, position);
  const { feasible, refusals, evaluated } = search;
  if (feasible.length === 0) return { cycle, failure: search };
  const scores = feasible.length === 1 ? [] : scoresOf(cycle, feasible);
  const totals = totalsOf(scores, feasible.length);
  const node = feasible[pickHighest(totals, random)]!;
  return { cycle, placement: { node, evaluated, feasible, scores, totals, refusals } };
}

/** The nodes that a pod can run on, and why it cannot on the others. */
interface Search extends Diagnosis {
  readonly feasible: NodeInfo[];
  readonly evaluated: number;
}

/** The nodes on which the pod can run, as many as are enough to choose among. */
export function findFeasible(cycle: Cycle, position: SearchPosition): Search {
  const { nodes: all } = cycle.snapshot;
  const preFilter = all.length > 0 ? cycle.timed('PreFilter', () => cycle.preFilter(), preFilterStatus) : {};
  if ('everywhere' in preFilter) return nowhere(all.length, preFilter.everywhere);
  const { nodes: named, by } = preFilter;
  const promised = promisedNode(cycle, named);
  if (promised) return promised;
  const candidates = named ? [...named].map((n) => cycle.snapshot.existing(n)).filter((n) => n !== undefined) : all;
  const found = cycle.timed('Filter', () => searchAmong(cycle, candidates, position));
  if (by && found.feasible.length === 0) for (const plugin of by) found.plugins.add(plugin);
  return { nodes: all.length, ...found, others: by && unnamed(by) };
}

function preFilterStatus(result: ReturnType<Cycle['preFilter']>) {
  return statusOf('everywhere' in result ? result.everywhere.rejection : undefined);
}

/** The node that the pod has been promised, if it can run there by now: then no other is looked at. */
function promisedNode(cycle: Cycle, named: ReadonlySet<string> | undefined): Search | undefined {
  const name = cycle.pod.pod.status?.nominatedNodeName || cycle.snapshot.nominations.nodeOf(cycle.pod.uid);
  if (!name || (named && !named.has(name))) return undefined;
  const node = cycle.snapshot.existing(name);
  if (!node || cycle.filter(node)) return undefined;
  const nodes = cycle.snapshot.nodes.length;
  return { nodes, feasible: [node], evaluated: 1, refusals: new Map(), plugins: new Set() };
}

function searchAmong(cycle: Cycle, nodes: readonly NodeInfo[], position: SearchPosition) {
  const enough = feasibleNodesToFind(nodes.length, cycle.profile.percentageOfNodesToScore);
  const refusals = new Map<string, Refusal>();
  const plugins = new Set<Plugin>();
  const feasible: NodeInfo[] = [];
  let evaluated = 0;
  for (; evaluated < nodes.length && feasible.length < enough; evaluated++) {
    const node = nodes[(position.next + evaluated) % nodes.length]!;
    const refusal = cycle.filter(node);
    if (!refusal) feasible.push(node);
    else {
      refusals.set(node.name, refusal);
      plugins.add(refusal.plugin);
    }
  }
  position.next = nodes.length === 0 ? 0 : (position.next + evaluated) % nodes.length;
  return { feasible, evaluated, refusals, plugins };
}

function nowhere(nodes: number, everywhere: Refusal): Search {
  const plugins = new Set([everywhere.plugin]);
  return { nodes, feasible: [], evaluated: 0, refusals: new Map(), everywhere, plugins };
}

function unnamed(by: readonly Plugin[]): Rejection {
  const names = by.map(({ name }) => name).sort();
  return { reasons: [`node(s) didn't satisfy plugin(s) [${names.join(' ')}]`], unresolvable: true };
}

/** What each plugin thinks of the nodes. */
export function scoresOf(cycle: Cycle, nodes: readonly NodeInfo[]): Scores[] {
  const states = cycle.timed('PreScore', () => preScore(cycle, nodes));
  return cycle.timed('Score', () => score(cycle, nodes, states));
}

/** What the plugins have worked out, `skip` for those that have nothing to say. */
function preScore(cycle: Cycle, nodes: readonly NodeInfo[]): Map<Plugin, unknown> {
  const { profile, pod, snapshot } = cycle;
  const states = new Map<Plugin, unknown>();
  for (const plugin of profile.preScore) {
    states.set(plugin, plugin.preScore!(pod, nodes, snapshot, cycle.state(plugin)));
  }
  return states;
}

function score({ profile, pod }: Cycle, nodes: readonly NodeInfo[], states: ReadonlyMap<Plugin, unknown>): Scores[] {
  const scores: Scores[] = [];
  for (const { plugin, weight } of profile.score) {
    const state = states.get(plugin);
    if (state === 'skip') continue;
    const values = nodes.map((node) => plugin.score!(pod, node, state));
    plugin.normalize?.(values, pod, nodes, state);
    scores.push({ plugin, weight, values });
  }
  return scores;
}

/** The weighted sums. */
export function totalsOf(scores: readonly Scores[], nodes: number): Float64Array {
  const totals = new Float64Array(nodes);
  for (const { values, weight } of scores) for (let i = 0; i < nodes; i++) totals[i]! += values[i]! * weight;
  return totals;
}

/** The index of the highest value; each of several equal ones is as likely. */
export function pickHighest(values: ArrayLike<number>, random: Random): number {
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

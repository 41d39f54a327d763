import type { PodDisruptionBudget } from '../../api/policy-v1/pod-disruption-budget.ts';
import { parseTime } from '../../apimachinery/time.ts';
import type { Cycle, Simulation } from '../cycle.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Rejection } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';
import { splitByBudgets } from './budgets.ts';

/** A node on which the pod would fit if `victims` were gone. */
export interface Candidate {
  readonly node: NodeInfo;
  /** The more important first. */
  readonly victims: readonly PodInfo[];
  /** How many of them a disruption budget would rather keep. */
  readonly violations: number;
}

export const noVictims: Rejection = {
  reasons: ['No preemption victims found for incoming pod'],
  unresolvable: true,
};

/**
 * The least important pods, as few as possible, that must go from the node so that the pod fits: first all less important
 * ones are thought away, then one after the other comes back if there is room, those that budgets protect and the more
 * important ones first. A rejection tells why even the removal of all would not help.
 */
export function selectVictims(
  cycle: Cycle,
  node: NodeInfo,
  budgets: readonly PodDisruptionBudget[],
): Candidate | Rejection {
  const lower = lessImportant(node, cycle.pod);
  if (lower.length === 0) return noVictims;
  const worlds = worldsOf(cycle, node);
  for (const world of worlds) for (const other of lower) world.remove(other);
  const refusal = refusalIn(worlds);
  if (refusal) return refusal;
  const { violating, others } = splitByBudgets(lower.sort(byImportance), budgets);
  const isVictim = (other: PodInfo) => !reprieve(worlds, other);
  const protectedVictims = violating.filter(isVictim);
  const victims = [...protectedVictims, ...others.filter(isVictim)].sort(byImportance);
  return { node, victims, violations: protectedVictims.length };
}

/** Of thousands of nodes most have none, so nothing is made for those. */
function lessImportant(node: NodeInfo, { priority }: PodInfo): PodInfo[] {
  let found: PodInfo[] | undefined;
  for (const other of node.pods.values()) if (other.priority < priority) (found ??= []).push(other);
  return found ?? [];
}

/** The node as it is, and when others are promised it also as it will be with them: the pod must fit in both. */
function worldsOf(cycle: Cycle, node: NodeInfo): Simulation[] {
  const asIs = cycle.simulate(node);
  const promised = cycle.promised(node);
  if (promised.length === 0) return [asIs];
  const withPromised = cycle.simulate(node);
  for (const other of promised) withPromised.add(other);
  return [withPromised, asIs];
}

function refusalIn(worlds: readonly Simulation[]): Rejection | undefined {
  for (const world of worlds) {
    const refusal = world.filter();
    if (refusal) return refusal.rejection;
  }
  return undefined;
}

/** Puts a pod back if ours still fits then. Returns whether it stays. */
function reprieve(worlds: readonly Simulation[], other: PodInfo): boolean {
  for (const world of worlds) world.add(other);
  if (!refusalIn(worlds)) return true;
  for (const world of worlds) world.remove(other);
  return false;
}

/** The higher priority first, then who has been running for longer. */
export function byImportance(a: PodInfo, b: PodInfo): number {
  return b.priority - a.priority || startOf(a) - startOf(b) || 0;
}

/** When the pod was started; one that has not been counts as the youngest. */
export function startOf({ pod }: PodInfo): number {
  return parseTime(pod.status?.startTime) ?? Number.MAX_SAFE_INTEGER;
}

/** Whether the pod is going because a more important one was to have its place. */
export function isPreempted({ pod: { metadata, status } }: PodInfo): boolean {
  if (!metadata.deletionTimestamp) return false;
  const why = status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  return why?.status === 'True' && why.reason === 'PreemptionByScheduler';
}

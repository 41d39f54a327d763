import type { PodDisruptionBudget } from '../../api/policy-v1/pod-disruption-budget.ts';
import type { Random } from '../../base/random.ts';
import type { DefaultPreemptionArguments } from '../config/arguments.ts';
import type { Cycle } from '../cycle.ts';
import { countedReasons, rejectionOf, type Diagnosis } from '../diagnosis.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Rejection } from '../plugin.ts';
import { isPreempted, noVictims, selectVictims, startOf, type Candidate } from './victims.ts';

export interface Search {
  readonly candidates: readonly Candidate[];
  /** What it says when there is no candidate. */
  readonly message: string;
}

const notHelpful: Rejection = { reasons: ['Preemption is not helpful for scheduling'], unresolvable: true };

/**
 * The nodes on which the removal of less important pods would help, as many as are enough to choose among. The search
 * begins anywhere, so that not always the same nodes have to bear it.
 */
export function findCandidates(
  cycle: Cycle,
  diagnosis: Diagnosis,
  budgets: readonly PodDisruptionBudget[],
  limits: DefaultPreemptionArguments,
  random: Random,
): Search {
  const all = cycle.snapshot.nodes;
  const nodes = diagnosis.everywhere ? [] : all.filter((node) => mayHelp(diagnosis, node));
  const enough = candidatesToFind(nodes.length, limits);
  if (!cycle.snapshot.hasLessImportant(cycle.pod)) {
    return {
      candidates: [],
      message: messageOf(
        nodes.map(() => noVictims),
        all.length,
      ),
    };
  }
  const offset = Math.floor(random() * nodes.length);
  const candidates: Candidate[] = [];
  const rejections: Rejection[] = [];
  let harmless = false;
  for (let i = 0; i < nodes.length && !(candidates.length >= enough && harmless); i++) {
    const found = selectVictims(cycle, nodes[(offset + i) % nodes.length]!, budgets);
    if ('reasons' in found) rejections.push(found);
    else {
      candidates.push(found);
      harmless ||= found.violations === 0;
    }
  }
  return { candidates, message: messageOf(rejections, all.length) };
}

function messageOf(rejections: readonly Rejection[], nodes: number): string {
  return `0/${nodes} nodes are available: ${countedReasons(rejections, notHelpful, nodes)}.`;
}

function mayHelp(diagnosis: Diagnosis, node: NodeInfo): boolean {
  return rejectionOf(diagnosis, node.name)?.unresolvable === false;
}

/** A share of the nodes, but not too few. */
export function candidatesToFind(nodes: number, limits: DefaultPreemptionArguments): number {
  const share = Math.trunc((nodes * limits.minCandidateNodesPercentage) / 100);
  return Math.min(nodes, Math.max(share, limits.minCandidateNodesAbsolute));
}

/** Each makes a list of one figure a candidate; the lowest are left for the next. */
const criteria: readonly ((candidate: Candidate) => number)[] = [
  // What a scheduler before us has done need not be done again elsewhere; else these are upstream's.
  ({ victims }) => (victims.every(isPreempted) ? 0 : 1),
  (candidate) => candidate.violations,
  ({ victims }) => victims[0]?.priority ?? Number.MIN_SAFE_INTEGER,
  // Shifted, so that two victims of negative priority weigh more than one.
  ({ victims }) => victims.reduce((sum, victim) => sum + victim.priority + 2 ** 31, 0),
  ({ victims }) => victims.length,
  // Of the most important victims the one that has run longest: the later it was started, the less is lost.
  ({ victims }) => -Math.min(...victims.filter((v) => v.priority === victims[0]!.priority).map(startOf)),
];

/** The candidate whose victims are the smallest loss, by upstream's criteria in their order. */
export function bestCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  let left = candidates;
  for (const figure of criteria) {
    if (left.length <= 1) break;
    const figures = left.map(figure);
    const lowest = figures.reduce((a, b) => Math.min(a, b), Infinity);
    left = left.filter((_, i) => figures[i] === lowest);
  }
  return left[0];
}

import type { NodeInfo } from '../node-info.ts';
import { BEST_SCORE, type Plugin, type Rejection } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';

/** The node must have left what the pod asks for; among those that do, the emptier is the better. */
export const nodeResourcesFit: Plugin = {
  name: 'NodeResourcesFit',
  wakesOn: [{ on: ['NodeAdd', 'NodeUpdateNodeAllocatable', 'AssignedPodDelete', 'AssignedPodUpdatePodScaleDown'] }],
  filter: fit,
  score: leastAllocated,
};

/** Why `pod` does not fit into what `node` has left, naming every resource that is short. */
function fit(pod: PodInfo, node: NodeInfo): Rejection | undefined {
  const { requests } = pod;
  const { allocatable, requested } = node;
  let short: Shortage | undefined;
  if (node.pods.size + 1 > node.allocatablePods) short = shortOf(short, 'Too many pods', false);
  const check = (name: string, want: number, have: number, used: number) => {
    if (want > 0 && want > have - used) short = shortOf(short, `Insufficient ${name}`, want > have);
  };
  check('cpu', requests.cpu, allocatable.cpu, requested.cpu);
  check('memory', requests.memory, allocatable.memory, requested.memory);
  const storage = requests.ephemeralStorage;
  check('ephemeral-storage', storage, allocatable.ephemeralStorage, requested.ephemeralStorage);
  for (const [name, want] of requests.other) {
    check(name, want, allocatable.other.get(name) ?? 0, requested.other.get(name) ?? 0);
  }
  return short;
}

interface Shortage extends Rejection {
  readonly reasons: string[];
  unresolvable: boolean;
}

/** Adds a reason; a shortage is beyond help when even the empty node would be too small. */
function shortOf(before: Shortage | undefined, reason: string, tooSmall: boolean): Shortage {
  const short = before ?? { reasons: [], unresolvable: false };
  short.reasons.push(reason);
  short.unresolvable ||= tooSmall;
  return short;
}

/** The share of CPU and of memory that would be left free, the mean of both. */
function leastAllocated(pod: PodInfo, node: NodeInfo): number {
  const { allocatable, scoringRequested } = node;
  const cpu = freeShare(allocatable.cpu, scoringRequested.cpu + pod.scoring.cpu);
  const memory = freeShare(allocatable.memory, scoringRequested.memory + pod.scoring.memory);
  return Math.trunc((cpu + memory) / 2);
}

function freeShare(capacity: number, used: number): number {
  return capacity <= 0 || used > capacity ? 0 : Math.trunc(((capacity - used) * BEST_SCORE) / capacity);
}

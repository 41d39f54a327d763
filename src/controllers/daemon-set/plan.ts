import type { DaemonSet } from '../../api/apps-v1/daemon-set.ts';
import type { Node } from '../../api/core-v1/node.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { isPodAvailable, isPodReady } from '../pod-state.ts';
import type { DaemonsByNode } from './daemons.ts';
import { allowsSurge } from './limits.ts';
import type { Placement } from './placement.ts';

/** A daemon set and where its daemons are and should be. */
export interface Daemons {
  readonly set: DaemonSet;
  readonly nodes: readonly Node[];
  readonly placement: (node: Node) => Placement;
  readonly byNode: DaemonsByNode;
  /** Whether a daemon is as the template is now. */
  readonly isCurrent: (pod: Pod) => boolean;
}

/** What to do about daemons. */
export interface DaemonPlan {
  /** The names of the nodes that lack one. */
  readonly create: string[];
  readonly remove: Pod[];
}

/** A daemon that has ended, and shall make room for another. */
export interface EndedDaemon {
  readonly pod: Pod;
  readonly node: string;
}

/** What brings one daemon to every node that should have one, whatever template it is of. */
export interface PlacementPlan extends DaemonPlan {
  /** To be removed with a word about it; failed ones with back-off. */
  readonly ended: EndedDaemon[];
}

/** Compares where daemons are with where they should be. */
export function planPlacement(daemons: Daemons, now: number): PlacementPlan {
  const plan: PlacementPlan = { create: [], remove: [], ended: [] };
  for (const node of daemons.nodes) planNode(daemons, node, now, plan);
  plan.remove.push(...strandedPods(daemons));
  return plan;
}

function planNode(daemons: Daemons, node: Node, now: number, plan: PlacementPlan): void {
  const { run, stay } = daemons.placement(node);
  const { name } = node.metadata;
  const there = daemons.byNode.get(name);
  if (!there) {
    if (run) plan.create.push(name);
    return;
  }
  const present = there.filter((pod) => !pod.metadata.deletionTimestamp);
  if (!stay) return void plan.remove.push(...present);
  for (const pod of present.filter(hasEnded)) plan.ended.push({ pod, node: name });
  plan.remove.push(
    ...surplus(
      daemons,
      present.filter((pod) => !hasEnded(pod)),
      now,
    ),
  );
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Failed' || status?.phase === 'Succeeded';
}

/** The pods of one node, those that count first in front, that are too many there. */
function surplus({ set, isCurrent }: Daemons, pods: readonly Pod[], now: number): Pod[] {
  if (pods.length <= 1) return [];
  if (!allowsSurge(set)) return pods.slice(1);
  const current = pods.find(isCurrent);
  const old = pods.find((pod) => !isCurrent(pod));
  const extra = pods.filter((pod) => pod !== current && pod !== old);
  return current && old && mayReplace(set, old, current, now) ? [...extra, old] : extra;
}

/** Whether an old daemon is of no more use beside the one that replaces it. */
function mayReplace(set: DaemonSet, old: Pod, current: Pod, now: number): boolean {
  return !isPodReady(old) || isPodAvailable(current, set.spec?.minReadySeconds ?? 0, now);
}

/** Pods that wait for nodes that are gone: no scheduler will ever place them. */
function strandedPods({ nodes, byNode }: Daemons): Pod[] {
  const known = new Set(nodes.map(({ metadata }) => metadata.name));
  const stranded: Pod[] = [];
  for (const [node, pods] of byNode) {
    if (known.has(node)) continue;
    stranded.push(...pods.filter(({ metadata, spec }) => !spec?.nodeName && !metadata.deletionTimestamp));
  }
  return stranded;
}

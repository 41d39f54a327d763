import type { Plugin, Rejection } from './plugin.ts';

/** Who refused a node, and why. */
export interface Refusal {
  readonly plugin: Plugin;
  readonly rejection: Rejection;
}

/** Why a pod fits nowhere. */
export interface Diagnosis {
  /** How many nodes there are. */
  readonly nodes: number;
  /** Why each node that was looked at was refused. */
  readonly refusals: ReadonlyMap<string, Refusal>;
  /** What holds of all nodes: a plugin rejected the pod before any was looked at. */
  readonly everywhere?: Refusal | undefined;
  /** What holds of the nodes that are not in `refusals`: plugins had named others as the only ones worth looking at. */
  readonly others?: Rejection | undefined;
  /** The plugins that rejected. */
  readonly plugins: ReadonlySet<Plugin>;
}

/** Why this node was refused. */
export function rejectionOf(diagnosis: Diagnosis, nodeName: string): Rejection | undefined {
  return diagnosis.refusals.get(nodeName)?.rejection ?? diagnosis.everywhere?.rejection ?? diagnosis.others;
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: ...` */
export function failureMessage(diagnosis: Diagnosis, postFilter?: string): string {
  const { nodes } = diagnosis;
  if (nodes === 0) return 'no nodes available to schedule pods';
  const reasons = reasonsOf(diagnosis);
  return `0/${nodes} nodes are available:${reasons && ` ${reasons}.`}${postFilter ? ` ${postFilter}` : ''}`;
}

function reasonsOf(diagnosis: Diagnosis): string {
  if (diagnosis.everywhere) return diagnosis.everywhere.rejection.reasons.join(', ');
  return countedReasons(
    [...diagnosis.refusals.values()].map(({ rejection }) => rejection),
    diagnosis.others,
    diagnosis.nodes,
  );
}

/** `1 Insufficient cpu, 2 Too many pods`: each reason with the number of nodes, sorted; `others` stands for those not told of. */
export function countedReasons(
  rejections: readonly Rejection[],
  others?: Rejection,
  nodes = rejections.length,
): string {
  const counts = new Map<string, number>();
  const count = (rejection: Rejection, times: number) => {
    for (const reason of rejection.reasons) counts.set(reason, (counts.get(reason) ?? 0) + times);
  };
  for (const rejection of rejections) count(rejection, 1);
  if (others && nodes > rejections.length) count(others, nodes - rejections.length);
  return [...counts]
    .map(([reason, times]) => `${times} ${reason}`)
    .sort()
    .join(', ');
}

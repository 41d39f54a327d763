import type { Cycle } from '../cycle.ts';
import { countedReasons, rejectionOf, type Diagnosis } from '../diagnosis.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Plugin, Rejection } from '../plugin.ts';

/** Says what evicting less important pods would help. */
export const defaultPreemption: Plugin = {
  name: 'DefaultPreemption',
  postFilter(cycle, diagnosis) {
    const { nodes } = cycle.snapshot;
    const rejections = nodes.map((node) => verdict(cycle, diagnosis, node));
    return {
      message: `preemption: 0/${nodes.length} nodes are available: ${countedReasons(rejections)}.`,
    };
  },
};

const notHelpful: Rejection = { reasons: ['Preemption is not helpful for scheduling'], unresolvable: true };
const noVictims: Rejection = { reasons: ['No preemption victims found for incoming pod'], unresolvable: false };
const notSupported: Rejection = { reasons: ['Preemption is not supported'], unresolvable: false };

function verdict(cycle: Cycle, diagnosis: Diagnosis, node: NodeInfo): Rejection {
  if (rejectionOf(diagnosis, node.name)?.unresolvable) return notHelpful;
  for (const other of node.pods.values()) if (other.priority < cycle.pod.priority) return notSupported;
  return noVictims;
}

import type { NodeInfo } from '../node-info.ts';
import { BEST_SCORE, type Plugin } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';

/** Prefers nodes on which CPU and memory would be used to a like degree. Says nothing of pods that ask for neither. */
export const balancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  score(pod: PodInfo, node: NodeInfo): number {
    if (pod.requests.cpu === 0 && pod.requests.memory === 0) return 0;
    const { allocatable, requested } = node;
    const cpu = usedShare(requested.cpu + pod.requests.cpu, allocatable.cpu);
    const memory = usedShare(requested.memory + pod.requests.memory, allocatable.memory);
    return Math.trunc((1 - Math.abs(cpu - memory) / 2) * BEST_SCORE);
  },
};

function usedShare(used: number, capacity: number): number {
  return capacity <= 0 ? 1 : Math.min(1, used / capacity);
}

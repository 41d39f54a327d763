import type { NodeInfo } from '../node-info.ts';
import { BEST_SCORE, type Plugin, type PluginFactory } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';
import { amountIn, cpuAndMemory, isCpuAndMemory, usageOf, type WeightedResource } from '../resource-scoring.ts';

/** `NodeResourcesBalancedAllocationArgs`. */
interface Args {
  readonly resources?: readonly WeightedResource[];
}

/** Prefers nodes on which the resources would be used to a like degree. Says nothing of pods that ask for none of them. */
export function createBalancedAllocation({ resources }: Args = {}): Plugin<void, void> {
  const names = (resources?.length ? resources : cpuAndMemory).map(({ name }) => name);
  const deviation = isCpuAndMemory(names.map((name) => ({ name }))) ? ofCpuAndMemory : deviationOf;
  return {
    name: 'NodeResourcesBalancedAllocation',
    preScore: (pod) => (names.every((name) => amountIn(pod.requests, name) === 0) ? 'skip' : undefined),
    score: (pod, node) => Math.trunc((1 - deviation(pod, node, names)) * BEST_SCORE),
  };
}

export const balancedAllocation: PluginFactory = {
  name: 'NodeResourcesBalancedAllocation',
  create: (args) => createBalancedAllocation(args as Args | undefined),
};

/** As `deviationOf`, for what is asked of every node for every pod. */
function ofCpuAndMemory({ requests }: PodInfo, { allocatable, requested }: NodeInfo): number {
  if (allocatable.cpu <= 0 || allocatable.memory <= 0) return 0;
  const cpu = Math.min(1, (requested.cpu + requests.cpu) / allocatable.cpu);
  const memory = Math.min(1, (requested.memory + requests.memory) / allocatable.memory);
  return Math.abs(cpu - memory) / 2;
}

/** Used again for every node: there are many, and most of the time would go into arrays. */
const shares: number[] = [];

/** How far the shares of the resources that would be used lie from their mean: the standard deviation. */
function deviationOf(pod: PodInfo, node: NodeInfo, names: readonly string[]): number {
  shares.length = 0;
  for (const name of names) {
    const usage = usageOf(pod, node, name, false);
    if (usage) shares.push(Math.min(1, usage.used / usage.capacity));
  }
  if (shares.length < 2) return 0;
  if (shares.length === 2) return Math.abs(shares[0]! - shares[1]!) / 2;
  const mean = shares.reduce((a, b) => a + b, 0) / shares.length;
  return Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length);
}

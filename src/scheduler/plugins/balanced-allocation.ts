import type { NodeInfo } from '../node-info.ts';
import { BEST_SCORE, type Plugin, type PluginFactory } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';
import { amountIn, cpuAndMemory, usageOf, type WeightedResource } from '../resource-scoring.ts';

/** `NodeResourcesBalancedAllocationArgs`. */
interface Args {
  readonly resources?: readonly WeightedResource[];
}

/** Prefers nodes on which the resources would be used to a like degree. Says nothing of pods that ask for none of them. */
export function createBalancedAllocation({ resources }: Args = {}): Plugin<void, void> {
  const names = (resources?.length ? resources : cpuAndMemory).map(({ name }) => name);
  return {
    name: 'NodeResourcesBalancedAllocation',
    preScore: (pod) => (names.every((name) => amountIn(pod.requests, name) === 0) ? 'skip' : undefined),
    score: (pod, node) => Math.trunc((1 - deviation(shares(pod, node, names))) * BEST_SCORE),
  };
}

export const balancedAllocation: PluginFactory = {
  name: 'NodeResourcesBalancedAllocation',
  create: (args) => createBalancedAllocation(args as Args | undefined),
};

function shares(pod: PodInfo, node: NodeInfo, names: readonly string[]): number[] {
  const found: number[] = [];
  for (const name of names) {
    const usage = usageOf(pod, node, name, false);
    if (usage) found.push(Math.min(1, usage.used / usage.capacity));
  }
  return found;
}

/** How far the values lie from their mean: the standard deviation. */
function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  if (values.length === 2) return Math.abs(values[0]! - values[1]!) / 2;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { Resources } from './resources.ts';

/** A resource that counts when nodes are compared, and how much. */
export interface WeightedResource {
  readonly name: string;
  readonly weight?: number;
}

/** How much of a resource a node has, and how much would be taken with the pod on it. */
export interface Usage {
  readonly capacity: number;
  readonly used: number;
}

/** What stands where nothing is configured. */
export const cpuAndMemory: readonly WeightedResource[] = [{ name: 'cpu' }, { name: 'memory' }];

/** Whether CPU and memory count, alike, and nothing else: then scores need not be worked out name by name. */
export function isCpuAndMemory(resources: readonly WeightedResource[]): boolean {
  const alike = resources.every(({ weight = 1 }) => weight === 1);
  return alike && resources.length === 2 && resources[0]!.name === 'cpu' && resources[1]!.name === 'memory';
}

export function amountIn(resources: Resources, name: string): number {
  if (name === 'cpu') return resources.cpu;
  if (name === 'memory') return resources.memory;
  if (name === 'ephemeral-storage') return resources.ephemeralStorage;
  return resources.other.get(name) ?? 0;
}

/**
 * The use of one resource; undefined when it says nothing: the node has none of it, or the pod does not ask for it and it
 * is none that all pods use. `standIns` counts something for pods that leave CPU or memory open.
 */
export function usageOf(pod: PodInfo, node: NodeInfo, name: string, standIns: boolean): Usage | undefined {
  const capacity = amountIn(node.allocatable, name);
  if (capacity <= 0) return undefined;
  if (isExtended(name) && amountIn(pod.requests, name) === 0) return undefined;
  const counted = standIns && (name === 'cpu' || name === 'memory');
  const before = counted ? node.scoringRequested : node.requested;
  const more = counted ? pod.scoring : pod.requests;
  return { capacity, used: amountIn(before, name) + amountIn(more, name) };
}

function isExtended(name: string): boolean {
  return name !== 'cpu' && name !== 'memory' && name !== 'ephemeral-storage';
}

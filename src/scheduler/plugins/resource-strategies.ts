import type { NodeInfo } from '../node-info.ts';
import { BEST_SCORE } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';
import { cpuAndMemory, isCpuAndMemory, usageOf, type Usage, type WeightedResource } from '../resource-scoring.ts';

/** A point of the function that makes a score (0 to 10) of how much of a resource is used (0 to 100 percent). */
interface ShapePoint {
  readonly utilization: number;
  readonly score: number;
}

/** `scoringStrategy` of `NodeResourcesFitArgs`. */
export interface ScoringStrategy {
  readonly type?: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
  readonly resources?: readonly WeightedResource[];
  readonly requestedToCapacityRatio?: { readonly shape?: readonly ShapePoint[] };
}

type Score = (pod: PodInfo, node: NodeInfo) => number;
type Rate = (usage: Usage) => number;

/** The function that scores nodes. @throws Error for a strategy that there is not */
export function scoringOf({ type, resources, requestedToCapacityRatio }: ScoringStrategy = {}): Score {
  const counted = resources?.length ? resources : cpuAndMemory;
  switch (type ?? 'LeastAllocated') {
    case 'LeastAllocated':
      if (isCpuAndMemory(counted)) return leastOfCpuAndMemory;
      return (pod, node) => Math.trunc(mean(pod, node, counted, freeShare));
    case 'MostAllocated':
      return (pod, node) => Math.trunc(mean(pod, node, counted, usedShare));
    case 'RequestedToCapacityRatio': {
      const rate = byShape(requestedToCapacityRatio?.shape ?? []);
      return (pod, node) => Math.round(mean(pod, node, counted, rate, true));
    }
    default:
      throw new Error(
        `scoringStrategy.type: "${type}" is none of LeastAllocated, MostAllocated, RequestedToCapacityRatio`,
      );
  }
}

/** The weighted mean of what `rate` says of each resource; with `positive`, of those it says something good of. */
function mean(
  pod: PodInfo,
  node: NodeInfo,
  resources: readonly WeightedResource[],
  rate: Rate,
  positive = false,
): number {
  let sum = 0;
  let weights = 0;
  for (const { name, weight = 1 } of resources) {
    const usage = usageOf(pod, node, name, true);
    const score = usage ? rate(usage) : 0;
    if (positive ? score <= 0 : !usage) continue;
    sum += score * weight;
    weights += weight;
  }
  return weights === 0 ? 0 : sum / weights;
}

/** The emptier, the better. */
function freeShare({ capacity, used }: Usage): number {
  return freeOf(capacity, used);
}

function freeOf(capacity: number, used: number): number {
  return used > capacity ? 0 : Math.trunc(((capacity - used) * BEST_SCORE) / capacity);
}

/** As the mean of `freeShare`, for what is asked of every node for every pod. */
function leastOfCpuAndMemory({ scoring }: PodInfo, { allocatable, scoringRequested }: NodeInfo): number {
  const cpu = freeOf(allocatable.cpu, scoringRequested.cpu + scoring.cpu);
  const memory = freeOf(allocatable.memory, scoringRequested.memory + scoring.memory);
  if (allocatable.cpu <= 0) return allocatable.memory <= 0 ? 0 : memory;
  return allocatable.memory <= 0 ? cpu : Math.trunc((cpu + memory) / 2);
}

/** The fuller, the better. */
function usedShare({ capacity, used }: Usage): number {
  return Math.trunc((Math.min(used, capacity) * BEST_SCORE) / capacity);
}

/** Straight lines between the points; before the first and after the last it stays as they say. */
function byShape(shape: readonly ShapePoint[]): Rate {
  const points = shape.map(({ utilization, score }) => ({ at: utilization, score: score * 10 }));
  return ({ capacity, used }) => {
    const at = used > capacity ? 100 : Math.trunc((used * 100) / capacity);
    const next = points.findIndex((point) => at <= point.at);
    if (next < 0) return points.at(-1)?.score ?? 0;
    if (next === 0) return points[0]!.score;
    const [a, b] = [points[next - 1]!, points[next]!];
    return a.score + Math.trunc(((b.score - a.score) * (at - a.at)) / (b.at - a.at));
  };
}

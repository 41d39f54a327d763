import type { PodGroups } from './pod-groups.ts';
import type { PodMetric, PodMetrics } from './pod-metrics.ts';

/** How far usage may be from its target, as a part of it, before anything is done. */
export interface Tolerance {
  readonly up: number;
  readonly down: number;
}

/** How many replicas a metric calls for, and what it was. */
export interface Counted {
  readonly replicas: number;
  /** Of what pods use: the average, or the whole of an object's metric. In thousandths. */
  readonly value: bigint;
  /** In percent of what the pods ask for. */
  readonly utilization?: number;
}

/** What is known of the pods that are to be counted. */
export interface Measured {
  /** How many replicas the target is to have now. */
  readonly current: number;
  readonly metrics: PodMetrics;
  readonly groups: PodGroups;
  readonly tolerance: Tolerance;
}

const MOST = 2 ** 31 - 1;

/**
 * The replicas at which pods use `target` percent of what they ask for (`requests`, by name).
 * @throws Error when no pod that counts is measured
 */
export function replicasForUtilization(
  measured: Measured,
  target: number,
  requests: ReadonlyMap<string, bigint>,
): Counted {
  const counted = onlyCounted(measured);
  const { ratio, utilization, average } = utilizationOf(counted, requests, target);
  const fallback = BigInt(Math.max(100, target));
  const replicas = settle(measured, counted, {
    ratio,
    ratioOf: (metrics) => utilizationOf(metrics, requests, target).ratio,
    full: (name) => ((requests.get(name) ?? 0n) * fallback) / 100n,
  });
  return { replicas, utilization, value: average };
}

/**
 * The replicas at which each pod has `target` (in thousandths) of the metric.
 * @throws Error when no pod that counts is measured
 */
export function replicasForAverage(measured: Measured, target: bigint): Counted {
  const counted = onlyCounted(measured);
  const average = averageOf(counted);
  const ratioOf = (metrics: PodMetrics) => Number(averageOf(metrics)) / Number(target);
  const replicas = settle(measured, counted, { ratio: ratioOf(counted), ratioOf, full: () => target });
  return { replicas, value: average };
}

/** The replicas for a metric that falls when there are more: by its ratio to the target, whatever the pods are. */
export function replicasForValue(
  current: number,
  value: bigint,
  target: bigint,
  tolerance: Tolerance,
  readyPods: () => number,
): Counted {
  const ratio = Number(value) / Number(target);
  if (current === 0) return { replicas: whole(ratio), value };
  if (isWithin(ratio, tolerance)) return { replicas: current, value };
  return { replicas: whole(ratio * readyPods()), value };
}

/** The replicas for a metric that is shared among them: `replicas` are those that there are. */
export function replicasForShare(replicas: number, value: bigint, target: bigint, tolerance: Tolerance): Counted {
  const ratio = Number(value) / (Number(target) * replicas);
  const average = replicas === 0 ? value : BigInt(Math.ceil(Number(value) / replicas));
  if (isWithin(ratio, tolerance)) return { replicas, value: average };
  return { replicas: whole(Number(value) / Number(target)), value: average };
}

/** Neither pods that go nor those that do not work yet. */
function onlyCounted({ metrics, groups: { unready, ignored } }: Measured): PodMetrics {
  const counted = new Map([...metrics].filter(([name]) => !unready.has(name) && !ignored.has(name)));
  if (counted.size === 0) throw new Error('did not receive metrics for any ready pods');
  return counted;
}

interface Ratios {
  /** Of usage to its target, of the pods that are measured. */
  readonly ratio: number;
  readonly ratioOf: (metrics: PodMetrics) => number;
  /** What a pod uses, in thousandths, of which nobody knows, when the others have too little to do. */
  readonly full: (name: string) => bigint;
}

/**
 * From ratio to replicas. Pods that are not known count so that they slow the change down: as idle when there seem to be
 * too few, as busy when there seem to be too many. Should that turn the change round, nothing is done.
 */
function settle(
  { current, groups, tolerance }: Measured,
  counted: PodMetrics,
  { ratio, ratioOf, full }: Ratios,
): number {
  const { unready, missing, ready } = groups;
  const helped = unready.size > 0 && ratio > 1;
  if (!helped && missing.size === 0) return isWithin(ratio, tolerance) ? current : whole(ratio * ready);
  const all: PodMetrics = new Map(counted);
  if (ratio !== 1) for (const name of missing) all.set(name, guess(ratio < 1 ? full(name) : 0n));
  if (helped) for (const name of unready) all.set(name, guess(0n));
  const after = ratioOf(all);
  if (isWithin(after, tolerance) || (ratio < 1 && after > 1) || (ratio > 1 && after < 1)) return current;
  const replicas = whole(after * all.size);
  const turned = (after < 1 && replicas > current) || (after > 1 && replicas < current);
  return turned ? current : replicas;
}

function guess(value: bigint): PodMetric {
  return { value, at: 0, window: 0 };
}

function utilizationOf(metrics: PodMetrics, requests: ReadonlyMap<string, bigint>, target: number) {
  let [used, asked, count] = [0n, 0n, 0n];
  for (const [name, { value }] of metrics) {
    const request = requests.get(name);
    if (request === undefined) continue;
    used += value;
    asked += request;
    count++;
  }
  if (asked === 0n) throw new Error('no metrics returned matched known pods');
  const utilization = clamped((used * 100n) / asked);
  return { ratio: utilization / target, utilization, average: used / count };
}

function averageOf(metrics: PodMetrics): bigint {
  let sum = 0n;
  for (const { value } of metrics.values()) sum += value;
  return sum / BigInt(metrics.size);
}

function isWithin(ratio: number, { up, down }: Tolerance): boolean {
  return 1 - down <= ratio && ratio <= 1 + up;
}

function clamped(value: bigint): number {
  return value > BigInt(MOST) ? MOST : Number(value);
}

/** Rounded up, and not beyond what a count can be. */
function whole(replicas: number): number {
  return Number.isNaN(replicas) ? 0 : Math.min(MOST, Math.ceil(replicas));
}

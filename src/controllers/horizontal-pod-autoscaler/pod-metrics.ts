import { durationUnits } from '../../apimachinery/duration.ts';
import { parseQuantity } from '../../apimachinery/quantity.ts';
import { timeOrZero } from '../../apimachinery/time.ts';

/** What was measured of one pod. */
export interface PodMetric {
  /** In thousandths. */
  readonly value: bigint;
  /** When it was measured, and over how long before that, in milliseconds. */
  readonly at: number;
  readonly window: number;
}

/** By the pod's name. */
export type PodMetrics = Map<string, PodMetric>;

/** A `PodMetrics` object of metrics.k8s.io/v1beta1. */
export interface UsageOfPod {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly timestamp?: string;
  readonly window?: string;
  readonly containers?: readonly { readonly name: string; readonly usage?: Readonly<Record<string, string>> }[];
}

/** A `MetricValue` of the custom or the external API, in any version. */
export interface CustomMetric {
  readonly describedObject?: { readonly name?: string };
  readonly timestamp?: string;
  readonly windowSeconds?: number;
  /** As the oldest version calls it. */
  readonly window?: number;
  readonly value: string;
}

/** Milliseconds over which is measured when nothing else is said. */
const USUAL_WINDOW = 60_000;

/** A quantity in thousandths, what is finer rounded away from zero. */
export function milliOf(quantity: string | number): bigint {
  const { nanos } = parseQuantity(quantity);
  const whole = nanos / 1_000_000n;
  if (nanos % 1_000_000n === 0n) return whole;
  return nanos < 0n ? whole - 1n : whole + 1n;
}

/** How much of a resource each pod uses. Pods of which a container is not known are left out. */
export function podUsage(items: readonly UsageOfPod[], resource: string): PodMetrics {
  const out: PodMetrics = new Map();
  for (const item of items) {
    const usages = (item.containers ?? []).map((one) => one.usage?.[resource]);
    if (usages.length === 0 || usages.includes(undefined)) continue;
    const value = usages.reduce((sum, usage) => sum + milliOf(usage!), 0n);
    out.set(item.metadata.name, { value, at: timeOrZero(item.timestamp), window: duration(item.window) });
  }
  return out;
}

/**
 * How much of a resource each pod's container of this name uses.
 * @throws Error when a pod has no such container
 */
export function containerUsage(items: readonly UsageOfPod[], resource: string, container: string): PodMetrics {
  const out: PodMetrics = new Map();
  for (const item of items) {
    const { name, namespace = '' } = item.metadata;
    const found = item.containers?.find((one) => one.name === container);
    if (!found) throw new Error(`container ${container} not present in metrics for pod ${namespace}/${name}`);
    const usage = found.usage?.[resource];
    if (usage === undefined) continue;
    out.set(name, { value: milliOf(usage), at: timeOrZero(item.timestamp), window: duration(item.window) });
  }
  return out;
}

/** A custom metric of pods. */
export function customValues(items: readonly CustomMetric[]): PodMetrics {
  const out: PodMetrics = new Map();
  for (const item of items) {
    const seconds = item.windowSeconds ?? item.window;
    const window = seconds === undefined ? USUAL_WINDOW : seconds * 1000;
    out.set(item.describedObject?.name ?? '', { value: milliOf(item.value), at: timeOrZero(item.timestamp), window });
  }
  return out;
}

/** A Go duration such as `1m30s` in milliseconds; 0 for what is none. */
function duration(text: string | undefined): number {
  let sum = 0;
  for (const [, number, unit] of (text ?? '').slice(0, 64).matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|us|µs|ns|h|m|s)/g)) {
    sum += Number(number) * durationUnits[unit!]!;
  }
  return sum / 1e6;
}

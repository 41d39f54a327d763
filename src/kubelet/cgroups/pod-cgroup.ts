import type { Amounts } from '../../apimachinery/amounts.ts';
import type { Quantity } from '../../apimachinery/quantity.ts';
import { podTotals, withOverhead } from '../../api/core-v1/pod-resources.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { qosClassOf } from '../pod-qos.ts';
import { specOf, type Container } from '../pod-spec.ts';
import type { CgroupSettings } from './settings.ts';

/** The control group of all pods, below it those of the two lower classes. */
export const podsRoot = 'kubepods';

/** Where the control group of a pod is, e.g. `/kubepods/burstable/pod<uid>`, as upstream's. */
export function podCgroupPath(pod: Pod): string {
  const qos = qosClassOf(pod);
  const parent = qos === 'Guaranteed' ? `/${podsRoot}` : `/${podsRoot}/${qos.toLowerCase()}`;
  return `${parent}/pod${pod.metadata.uid}`;
}

/** The kernel's least values. */
const LEAST_SHARES = 2;
const LEAST_QUOTA = 1000;

/**
 * What a pod as a whole may use: what is said of the pod, else the sum of its containers, where each of them has a limit.
 * @param pidsLimit processes of one pod; undefined is no limit
 * @param pageSizes those of the machine, as the kernel writes them: `2MB`
 */
export function podCgroupSettings(
  pod: Pod,
  { pidsLimit, pageSizes = [] }: { pidsLimit?: number | undefined; pageSizes?: readonly string[] },
): CgroupSettings {
  const spec = specOf(pod);
  const requests = withOverhead(podTotals(spec, 'requests'), spec, 'requests');
  const limits = withOverhead(podTotals(spec, 'limits'), spec, 'limits');
  const cpu = limitOf(pod, 'cpu', limits)?.milliValue();
  return {
    cpuShares: Math.max(LEAST_SHARES, Math.floor(((requests.get('cpu')?.milliValue() ?? 0) * 1024) / 1000)),
    ...(cpu && { cpuQuota: Math.max(LEAST_QUOTA, cpu * 100) }),
    memoryBytes: limitOf(pod, 'memory', limits)?.value(),
    pids: pidsLimit,
    hugePages: Object.fromEntries(pageSizes.map((size) => [size, hugePagesOf(size, limits)])),
  };
}

/** A limit of the whole holds only if no part of it is without. */
function limitOf(pod: Pod, resource: 'cpu' | 'memory', limits: Amounts): Quantity | undefined {
  const { resources, containers, initContainers = [] } = specOf(pod);
  const has = (one: { limits?: Record<string, string> } | undefined) => one?.limits?.[resource] !== undefined;
  const all: readonly Container[] = [...initContainers, ...containers];
  return has(resources) || all.every((c) => has(c.resources)) ? limits.get(resource) : undefined;
}

const units: Readonly<Record<string, string>> = { KB: 'Ki', MB: 'Mi', GB: 'Gi' };

function hugePagesOf(size: string, limits: Amounts): number {
  const name = `hugepages-${size.replace(/[KMG]B$/, (unit) => units[unit]!)}`;
  return limits.get(name)?.value() ?? 0;
}

import { parseQuantity, Quantity, quantityValue } from '../../apimachinery/quantity.ts';
import { podTotals } from '../../api/core-v1/pod-resources.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { allContainers, specOf } from '../pod-spec.ts';
import type { Observation } from './pressure.ts';
import { resourceOf, type PodUse } from './ranking.ts';
import { resolve, type Threshold } from './thresholds.ts';

/** Why a pod is evicted, with the containers that use more than they asked for. The words are upstream's. */
export function evictionMessage({ signal, least }: Threshold, observed: Observation, use: PodUse): string {
  const resource = resourceOf(signal);
  const counted = resource === 'pids' || resource === 'inodes';
  const text = (amount: number) => (counted ? String(amount) : bytesText(amount));
  const lead = `The node was low on resource: ${resource}. `;
  const figures = `Threshold quantity: ${text(resolve(least, observed.capacity))}, available: ${text(observed.available)}. `;
  return lead + figures + containerTexts(use, resource).join('');
}

function containerTexts({ pod, containers }: PodUse, resource: string): string[] {
  if (resource !== 'memory' && resource !== 'ephemeral-storage') return [];
  return allContainers(pod).flatMap(({ name, resources }) => {
    const request = resources?.requests?.[resource] ?? '0';
    const used = containers.get(name) ?? 0;
    if (used <= quantityValue(request)) return [];
    const asked = parseQuantity(request).toString();
    return `Container ${name} was using ${bytesText(used)}, request is ${asked}, has larger consumption of ${resource}. `;
  });
}

/** In Ki when that is exact, as amounts of memory are written. */
function bytesText(bytes: number): string {
  return new Quantity(BigInt(Math.round(bytes)) * 1_000_000_000n, 'BinarySI').toString();
}

/** What a pod uses of the disk. Bytes. */
export interface PodDiskUse {
  readonly containers: ReadonlyMap<string, number>;
  /** By the names of volumes. */
  readonly emptyDirs: ReadonlyMap<string, number>;
}

/** Why a pod must go because it uses more of the disk than it may; undefined when it does not. */
export function overLimit({ pod, use }: { pod: Pod; use: PodDiskUse }): string | undefined {
  for (const { name, emptyDir } of specOf(pod).volumes ?? []) {
    if (emptyDir?.sizeLimit === undefined || quantityValue(emptyDir.sizeLimit) === 0) continue;
    if ((use.emptyDirs.get(name) ?? 0) > quantityValue(emptyDir.sizeLimit))
      return `Usage of EmptyDir volume "${name}" exceeds the limit "${emptyDir.sizeLimit}". `;
  }
  return overPodLimit(pod, use) ?? overContainerLimit(pod, use);
}

function overPodLimit(pod: Pod, use: PodDiskUse): string | undefined {
  const limit = podTotals(specOf(pod), 'limits').get('ephemeral-storage');
  const used = [...use.containers.values(), ...use.emptyDirs.values()].reduce((sum, one) => sum + one, 0);
  if (!limit || used <= limit.value()) return undefined;
  return `Pod ephemeral local storage usage exceeds the total limit of containers ${limit.toString()}. `;
}

function overContainerLimit(pod: Pod, use: PodDiskUse): string | undefined {
  for (const { name, resources } of allContainers(pod)) {
    const limit = resources?.limits?.['ephemeral-storage'];
    if (limit !== undefined && (use.containers.get(name) ?? 0) > quantityValue(limit))
      return `Container ${name} exceeded its local ephemeral storage limit "${limit}". `;
  }
  return undefined;
}

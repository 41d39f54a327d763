import { chmod, mkdir } from 'node:fs/promises';
import { parseQuantity, quantityValue } from '../../apimachinery/quantity.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { allContainers, mainContainers, specOf } from '../pod-spec.ts';
import { giveToGroup } from './ownership.ts';
import type { VolumeContext, VolumeType } from './volume-type.ts';

/** A folder that lives as long as the pod; with medium Memory or HugePages a file system in memory. */
export const emptyDir: VolumeType = {
  field: 'emptyDir',
  async setUp(context) {
    const { pod, volume, folder } = context;
    await mkdir(folder, { recursive: true });
    const { medium = '' } = volume.emptyDir!;
    if (medium === 'Memory') await mountMemory(context);
    else if (medium.startsWith('HugePages')) await mountHugePages(context, medium);
    else if (medium !== '') throw new Error(`unknown storage medium "${medium}"`);
    await chmod(folder, 0o777);
    await giveToGroup(pod, folder);
    return { path: folder, readOnly: false, measured: 'files' };
  },
};

async function mountMemory({ pod, volume, folder, facts, mounter }: VolumeContext): Promise<void> {
  if (await mounter.isMounted(folder)) return;
  const size = memorySize(pod, volume.emptyDir!.sizeLimit, facts.allocatable.memory);
  await mounter.mount('tmpfs', 'tmpfs', folder, ['mode=0777', ...(size > 0n ? [`size=${size}`] : [])]);
}

/**
 * How many bytes a volume in memory may hold: the least of its own limit, what the pod's containers may use, and what the
 * node has for pods. 0: the kernel's default. (KEP-1967)
 */
export function memorySize(pod: Pod, sizeLimit: string | undefined, allocatable: string | undefined): bigint {
  const resources = specOf(pod).resources?.limits?.memory;
  const limits = mainContainers(pod).map((c) => bytes(c.resources?.limits?.memory));
  const ofPod = resources === undefined ? limits.reduce((sum, one) => sum + one, 0n) : bytes(resources);
  const known = [bytes(sizeLimit), ofPod, bytes(allocatable)].filter((size) => size > 0n);
  return known.reduce((least, size) => (size < least ? size : least), known[0] ?? 0n);
}

function bytes(quantity: string | undefined): bigint {
  return quantity === undefined ? 0n : BigInt(quantityValue(quantity));
}

async function mountHugePages({ pod, folder, mounter }: VolumeContext, medium: string): Promise<void> {
  if (await mounter.isMounted(folder)) return;
  const pageSize = medium === 'HugePages' ? requestedPageSize(pod) : medium.slice('HugePages-'.length);
  await mounter.mount('hugetlbfs', 'nodev', folder, [`pagesize=${parseQuantity(pageSize).nanos / 1_000_000_000n}`]);
}

/** The one size of huge pages that the pod's containers ask for. */
function requestedPageSize(pod: Pod): string {
  const names = allContainers(pod).flatMap((c) => Object.keys(c.resources?.requests ?? c.resources?.limits ?? {}));
  const sizes = new Set(names.filter((name) => name.startsWith('hugepages-')).map((name) => name.slice(10)));
  if (sizes.size === 1) return [...sizes][0]!;
  throw new Error(
    sizes.size === 0
      ? 'medium HugePages: the containers request no huge pages'
      : 'medium HugePages can not be used if multiple huge page sizes are used by a pod',
  );
}

import { join } from 'node:path';
import type { Pod } from '../../api/core-v1/pod.ts';
import { bytesOf } from '../../linux/disk.ts';
import { allContainers, identityOf, specOf } from '../pod-spec.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { PodDiskUse } from './messages.ts';

/** Whether a pod may use only so much of the disk. */
export function hasDiskLimit(pod: Pod): boolean {
  const ofVolumes = (specOf(pod).volumes ?? []).some((v) => v.emptyDir?.sizeLimit && v.emptyDir.medium !== 'Memory');
  return ofVolumes || allContainers(pod).some((c) => c.resources?.limits?.['ephemeral-storage'] !== undefined);
}

/** What a pod has written: its containers' layers and logs, and its volumes of this disk. */
export async function podDiskUse(pod: Pod, runtime: Runtime, podFolder: string): Promise<PodDiskUse> {
  const runs = runtime.pod(identityOf(pod)).containers;
  const containers = new Map<string, number>();
  for (const { id, name } of runs) {
    const { layer, log } = await runtime.filesOf(id);
    const paths = [layer, log].filter((path) => path !== undefined);
    containers.set(name, (containers.get(name) ?? 0) + (await bytesOf(paths)));
  }
  const emptyDirs = new Map<string, number>();
  for (const { name, emptyDir } of specOf(pod).volumes ?? []) {
    if (!emptyDir || emptyDir.medium === 'Memory') continue;
    emptyDirs.set(name, await bytesOf([join(podFolder, 'volumes', 'kubernetes.io~empty-dir', name)]));
  }
  return { containers, emptyDirs };
}

import { chmod, lstat, mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Pod } from '../../api/core-v1/pod.ts';
import type { MountedVolume } from '../containers/volume-mounts.ts';
import { allContainers, specOf } from '../pod-spec.ts';
import { writeAtomically, type VolumeFile } from './atomic-writer.ts';
import type { VolumeContext } from './volume-type.ts';

/**
 * Shows files in a volume that containers can only read.
 * @param inMemory whether they must not reach a disk
 */
export async function publishFiles(
  { pod, volume, folder, mounter }: VolumeContext,
  files: ReadonlyMap<string, VolumeFile>,
  inMemory: boolean,
): Promise<MountedVolume> {
  if (!(await lstat(folder).catch(() => undefined))) {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o777);
  }
  if (inMemory && !(await mounter.isMounted(folder))) await mounter.mount('tmpfs', 'tmpfs', folder, ['mode=1777']);
  await writeAtomically(folder, files, specOf(pod).securityContext?.fsGroup);
  for (const path of pathsInside(pod, volume.name)) await mkdir(join(folder, path), { recursive: true, mode: 0o755 });
  return { path: folder, readOnly: true, measured: 'files' };
}

/** Where containers mount other volumes inside this one: nobody could make those folders in a read-only mount later. */
export function pathsInside(pod: Pod, volume: string): string[] {
  const paths = allContainers(pod).flatMap(({ volumeMounts = [] }) =>
    volumeMounts
      .filter((outer) => outer.name === volume && !outer.subPath && !outer.subPathExpr)
      .flatMap((outer) => volumeMounts.map((inner) => relative(outer.mountPath, inner.mountPath))),
  );
  return [...new Set(paths)].filter((path) => path !== '' && !path.startsWith('..') && !path.startsWith('/'));
}

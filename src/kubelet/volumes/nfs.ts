import { mkdir } from 'node:fs/promises';
import { errorMessage } from '../../base/log.ts';
import type { MountedVolume } from '../containers/volume-mounts.ts';
import type { VolumeContext, VolumeType } from './volume-type.ts';

interface NfsSource {
  readonly server: string;
  readonly path: string;
  readonly readOnly?: boolean | undefined;
}

/** A folder that an NFS server exports. The node needs `mount.nfs` (Debian's nfs-common). */
export const nfs: VolumeType = {
  field: 'nfs',
  setUp: (context) => mountNfs(context, context.volume.nfs!, false, []),
};

/** @throws Error that says what the mount said */
export async function mountNfs(
  { folder, mounter }: VolumeContext,
  source: NfsSource,
  claimReadOnly: boolean,
  mountOptions: readonly string[],
): Promise<MountedVolume> {
  const readOnly = claimReadOnly || (source.readOnly ?? false);
  await mkdir(folder, { recursive: true, mode: 0o750 });
  if (!(await mounter.isMounted(folder))) {
    const options = [...(readOnly ? ['ro'] : []), ...mountOptions];
    const server = source.server.includes(':') ? `[${source.server}]` : source.server;
    await mounter.mount('nfs', `${server}:${source.path}`, folder, options).catch((error) => {
      throw new Error(`mount failed: ${errorMessage(error)}`, { cause: error });
    });
  }
  return { path: folder, readOnly, measured: 'file system' };
}

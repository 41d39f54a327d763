import { chmod, realpath, stat } from 'node:fs/promises';
import { errorMessage } from '../../base/log.ts';
import { makeFolder } from '../../base/make-folder.ts';
import type { PersistentVolume } from '../../api/core-v1/persistent-volume.ts';
import { isLocalPathIn } from '../../api/storage-v1/local-path.ts';
import type { MountedVolume } from '../containers/volume-mounts.ts';
import { prepareHostPath } from './host-path.ts';
import { mountNfs } from './nfs.ts';
import { giveToGroup } from './ownership.ts';
import { MountError, ProcessingError } from './volume-error.ts';
import type { VolumeContext } from './volume-type.ts';

/**
 * Makes a persistent volume ready for a pod.
 * @param readOnly whether the pod asked only to read
 * @throws MountError, ProcessingError
 */
export async function mountPersistent(
  context: VolumeContext,
  volume: PersistentVolume,
  readOnly: boolean,
): Promise<MountedVolume> {
  const { spec, metadata } = volume;
  const failed = (step: string, error: unknown) =>
    new MountError(`MountVolume.${step} failed for volume "${metadata.name}" : ${errorMessage(error)}`);
  if (spec?.volumeMode === 'Block') return mapDevice(volume, readOnly);
  try {
    if (spec?.hostPath) return await mountHostPath(spec.hostPath, readOnly);
    if (spec?.nfs) {
      const options = spec.mountOptions ?? [];
      return await mountNfs(context, spec.nfs, readOnly, options);
    }
    if (spec?.local) {
      await checkLocal(volume, context.localPaths).catch((error) => {
        throw failed('NewMounter initialization', error);
      });
      const path = await folderOf(context, spec.local, spec.mountOptions ?? []);
      if (!readOnly) await giveToGroup(context.pod, path);
      return { path, readOnly, measured: 'file system' };
    }
  } catch (error) {
    throw error instanceof MountError ? error : failed('SetUp', error);
  }
  if (spec?.csi)
    throw failed('MountDevice', noDriver('attacher.MountDevice failed to create newCsiDriverClient', spec.csi.driver));
  throw new ProcessingError(
    `failed to get Plugin from volumeSpec for volume "${metadata.name}" err=no volume plugin matched`,
  );
}

/** What pods are told that use a CSI driver: none can register here. */
export function noDriver(step: string, driver: string): Error {
  return new Error(`kubernetes.io/csi: ${step}: driver name ${driver} not found in the list of registered CSI drivers`);
}

/** A local volume is the one of ours that can be a device. */
async function mapDevice({ spec, metadata }: PersistentVolume, readOnly: boolean): Promise<MountedVolume> {
  const failed = (why: string) =>
    new MountError(`MapVolume.MapBlockVolume failed for volume "${metadata.name}" : ${why}`);
  if (!spec?.local) {
    throw new ProcessingError(`failed to get BlockVolumePlugin from volumeSpec for volume "${metadata.name}"`);
  }
  const { path } = spec.local;
  const device = await realpath(path).catch((error) => {
    throw failed(errorMessage(error));
  });
  if (!(await stat(device)).isBlockDevice()) throw failed(`path "${path}" is not a block device`);
  return { path: device, readOnly, block: true };
}

/** A local volume may be a device with a file system on it, which gets one when it has none: then that is mounted. */
async function folderOf(
  { folder, mounter }: VolumeContext,
  { path, fsType = 'ext4' }: { readonly path: string; readonly fsType?: string },
  options: readonly string[],
): Promise<string> {
  if (!(await stat(path)).isBlockDevice()) return path;
  makeFolder(folder, 0o750);
  if (!(await mounter.isMounted(folder))) await mounter.mountDevice(fsType, path, folder, options);
  return folder;
}

async function mountHostPath(
  { path, type }: { readonly path: string; readonly type?: string },
  readOnly: boolean,
): Promise<MountedVolume> {
  await prepareHostPath(path, type);
  return { path, readOnly };
}

async function checkLocal(volume: PersistentVolume, localPaths: string): Promise<void> {
  const { path } = volume.spec!.local!;
  if (await stat(path).catch(() => undefined)) return;
  if (!isLocalPathIn(localPaths, volume)) throw new Error(`path "${path}" does not exist`);
  // What was provisioned here is made when it is first used; whichever user the container runs as.
  makeFolder(path, 0o777);
  await chmod(path, 0o777);
}

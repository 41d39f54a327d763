import { chmod, mkdir } from 'node:fs/promises';
import { quantityValue } from '../../apimachinery/quantity.ts';
import { isMounted, mount, unmount } from '../../linux/mount.ts';
import type { VolumeType } from './volume-type.ts';

/** A folder that lives as long as the pod; with medium Memory a file system in memory. */
export const emptyDir: VolumeType = {
  field: 'emptyDir',
  async setUp({ volume, folder }) {
    await mkdir(folder, { recursive: true });
    const { medium, sizeLimit } = volume.emptyDir!;
    if (medium === 'Memory' && !(await isMounted(folder))) {
      const size = sizeLimit === undefined ? [] : [`size=${quantityValue(sizeLimit)}`];
      await mount('tmpfs', 'tmpfs', folder, ['mode=0777', ...size]);
    }
    await chmod(folder, 0o777);
    return folder;
  },
  tearDown: (folder) => unmount(folder),
};

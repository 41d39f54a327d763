import { mkdir } from 'node:fs/promises';
import type { VolumeType } from './volume-type.ts';

/** The files of an image, for reading only (KEP-4639). They stay where the engine has them: nothing is copied. */
export const imageVolume: VolumeType = {
  field: 'image',
  async setUp({ pod, volume, folder, mounter, source, imageLayers }) {
    await mkdir(folder, { recursive: true, mode: 0o755 });
    if (await mounter.isMounted(folder)) return { path: folder, readOnly: true };
    const { reference = '', pullPolicy } = volume.image!;
    const layers = await imageLayers(pod, { name: volume.name, image: reference, imagePullPolicy: pullPolicy }, source);
    // A single layer is no overlay.
    if (layers.length === 1) await mounter.bind(layers[0]!, folder, { readOnly: true });
    else await mounter.mount('overlay', 'overlay', folder, ['ro', `lowerdir=${layers.join(':')}`]);
    return { path: folder, readOnly: true };
  },
};

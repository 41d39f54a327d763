import { mkdir } from 'node:fs/promises';
import type { VolumeType } from './volume-type.ts';

/** The files of an image, for reading only (KEP-4639). They stay where the engine has them: nothing is copied. */
export const imageVolume: VolumeType = {
  field: 'image',
  async setUp({ pod, volume, folder, mounter, source, imageFiles }) {
    await mkdir(folder, { recursive: true, mode: 0o755 });
    const { reference = '', pullPolicy } = volume.image!;
    // What is mounted already, as after a restart of the kubelet, needs no pull: the image is here.
    const mounted = await mounter.isMounted(folder);
    const imagePullPolicy = mounted ? 'IfNotPresent' : pullPolicy;
    const wanted = { name: volume.name, image: reference, imagePullPolicy };
    const { layers, imageRef } = await imageFiles(pod, wanted, source);
    if (mounted) return { path: folder, readOnly: true, imageRef };
    // A single layer is no overlay.
    if (layers.length === 1) await mounter.bind(layers[0]!, folder, { readOnly: true });
    else await mounter.mount('overlay', 'overlay', folder, ['ro', `lowerdir=${layers.join(':')}`]);
    return { path: folder, readOnly: true, imageRef };
  },
};

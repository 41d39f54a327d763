import { persistentVolume, type PersistentVolume } from '../api/core-v1/persistent-volume.ts';
import { volumeProtection } from '../api/core-v1/protection-finalizers.ts';
import { controller } from '../client/controller.ts';
import { protectionOf, setFinalizer } from './protection-finalizer.ts';

/** Lets a deleted volume go when no claim is bound to it any more. */
export const persistentVolumeProtectionController = controller<PersistentVolume>({
  name: 'persistentvolume-protection-controller',
  for: persistentVolume,
  async reconcile(key, { reader, client }) {
    const volume = reader.get(persistentVolume, key);
    const protection = volume ? protectionOf(volume, volumeProtection) : 'none';
    if (!volume || protection === 'none') return;
    if (protection === 'check' && volume.status?.phase === 'Bound') return;
    await setFinalizer(client, persistentVolume, volume, volumeProtection, protection === 'add');
  },
});

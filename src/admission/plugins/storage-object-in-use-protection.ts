import { persistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import { persistentVolume } from '../../api/core-v1/persistent-volume.ts';
import { claimProtection, volumeProtection } from '../../api/core-v1/protection-finalizers.ts';
import { isKind, type AdmissionPlugin } from '../plugin.ts';

/** A claim or volume that is deleted stays as long as it is in use: the protection controllers take the finalizer away. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  operations: ['CREATE'],
  kinds: [persistentVolumeClaim, persistentVolume],
  admit({ kind, object }) {
    const finalizer = isKind(kind, persistentVolume) ? volumeProtection : claimProtection;
    const { metadata } = object!;
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
  },
};

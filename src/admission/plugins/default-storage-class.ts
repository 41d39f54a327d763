import { persistentVolumeClaim, type PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import { defaultClassOf, storageClass } from '../../api/storage-v1/storage-class.ts';
import { oldClassAnnotation } from '../../api/core-v1/volume-matching.ts';
import type { AdmissionPlugin } from '../plugin.ts';

/** A claim that does not speak of a storage class gets the default one; the empty name says that it wants none. */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  operations: ['CREATE'],
  kinds: [persistentVolumeClaim],
  async admit({ object }, reader) {
    const { spec, metadata } = object as PersistentVolumeClaim;
    const said = spec?.storageClassName !== undefined || Object.hasOwn(metadata.annotations ?? {}, oldClassAnnotation);
    if (!spec || said) return;
    const chosen = defaultClassOf(await reader.list(storageClass));
    if (chosen) spec.storageClassName = chosen.metadata.name;
  },
};

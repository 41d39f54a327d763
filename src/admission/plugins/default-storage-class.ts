import { persistentVolumeClaim, type PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import { storageClass } from '../../api/storage-v1/storage-class.ts';
import { markedDefault } from '../default-object.ts';
import type { AdmissionPlugin } from '../plugin.ts';

const annotations = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
/** How a claim named its class before it had a field for it. */
const oldClassName = 'volume.beta.kubernetes.io/storage-class';

/** A claim that does not speak of a storage class gets the default one; the empty name says that it wants none. */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  operations: ['CREATE'],
  kinds: [persistentVolumeClaim],
  async admit({ object }, reader) {
    const { spec, metadata } = object as PersistentVolumeClaim;
    const said = spec?.storageClassName !== undefined || Object.hasOwn(metadata.annotations ?? {}, oldClassName);
    if (!spec || said) return;
    const chosen = markedDefault(await reader.list(storageClass), annotations);
    if (chosen) spec.storageClassName = chosen.metadata.name;
  },
};

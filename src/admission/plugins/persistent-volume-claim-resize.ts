import { persistentVolumeClaim, type PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import { storageClass } from '../../api/storage-v1/storage-class.ts';
import { isQuantity, parseQuantity, zeroQuantity } from '../../apimachinery/quantity.ts';
import { find, type AdmissionPlugin, type AdmissionReader } from '../plugin.ts';
import { refuse } from '../refusal.ts';

/** A claim can grow only when it is bound and its storage class knows how. */
export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  operations: ['UPDATE'],
  kinds: [persistentVolumeClaim],
  async validate(request, reader) {
    const claim = request.object as PersistentVolumeClaim;
    const old = request.oldObject as PersistentVolumeClaim;
    if (sizeOf(claim).compare(sizeOf(old)) <= 0) return;
    if (old.status?.phase !== 'Bound') throw refuse(request, 'Only bound persistent volume claims can be expanded');
    if (await canGrow(claim, old, reader)) return;
    const why =
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
    throw refuse(request, why);
  },
};

function sizeOf({ spec }: PersistentVolumeClaim) {
  const size = spec?.resources?.requests?.['storage'];
  return isQuantity(size) ? parseQuantity(size!) : zeroQuantity;
}

async function canGrow(
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
  reader: AdmissionReader,
): Promise<boolean> {
  const name = claim.spec?.storageClassName;
  if (!name || name !== old.spec?.storageClassName) return false;
  return (await find(reader, storageClass, { name }))?.allowVolumeExpansion ?? false;
}

import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { forbidden, invalid, keyPath, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Plain, Resource } from '../../apimachinery/object.ts';
import { isQuantity, parseQuantity, zeroQuantity } from '../../apimachinery/quantity.ts';
import { oneOf, POSITIVE, same, validateLabelSelector } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../meta-v1/columns.ts';
import { canonicalize } from '../meta-v1/quantities.ts';
import { ACCESS_MODES, accessModesText } from './access-modes.ts';
import { persistentVolumeClaimQuota } from './persistent-volume-claim-quota.ts';

export type PersistentVolumeClaim = Resource<V1PersistentVolumeClaim>;
type Claim = Plain<V1PersistentVolumeClaim>;

/** Also for the claims that a StatefulSet makes. */
export function defaultClaim(claim: Claim): void {
  const spec = (claim.spec ??= {});
  spec.volumeMode ??= 'Filesystem';
  spec.resources ??= {};
  canonicalize(spec.resources.requests);
  canonicalize(spec.resources.limits);
  claim.status = { ...claim.status, phase: claim.status?.phase || 'Pending' };
}

function validate(claim: PersistentVolumeClaim): FieldError[] {
  const spec = claim.spec!;
  const modes = spec.accessModes ?? [];
  const errors = modes.length > 0 ? [] : [required('spec.accessModes', 'at least 1 access mode is required')];
  errors.push(...validateLabelSelector('spec.selector', spec.selector));
  modes.forEach((mode) => errors.push(...oneOf('spec.accessModes', mode, ACCESS_MODES)));
  const field = keyPath('spec.resources', 'storage');
  const storage = spec.resources?.requests?.['storage'];
  if (storage === undefined) errors.push(required(field));
  else if (isQuantity(storage) && parseQuantity(storage).compare(zeroQuantity) <= 0) {
    errors.push(invalid(field, storage, POSITIVE));
  }
  return [...errors, ...oneOf('spec.volumeMode', spec.volumeMode, ['Block', 'Filesystem'])];
}

/** Once made, a claim can only be bound and grow. */
function validateUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const [now, before] = [{ ...claim.spec }, { ...old.spec }];
  if (!before.volumeName) delete now.volumeName;
  if (!before.storageClassName) delete now.storageClassName;
  delete now.volumeAttributesClassName;
  delete before.volumeAttributesClassName;
  delete now.resources;
  delete before.resources;
  if (same(now, before)) return validateGrowth(claim, old);
  const detail =
    'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
  return [forbidden('spec', detail)];
}

function validateGrowth(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const [now, before] = [claim, old].map((c) => c.spec?.resources?.requests?.['storage']);
  if (!isQuantity(now) || !isQuantity(before)) return [];
  if (parseQuantity(now!).compare(parseQuantity(before!)) >= 0) return [];
  return [forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')];
}

export const persistentVolumeClaim = defineKind<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  returnsDeleted: true,
  namespaced: true,
  shortNames: ['pvc'],
  columns: [
    nameColumn,
    column('Status', (c) => (c.metadata.deletionTimestamp ? 'Terminating' : (c.status?.phase ?? ''))),
    column('Volume', (c) => c.spec?.volumeName ?? ''),
    column('Capacity', (c) => (c.spec?.volumeName ? (c.status?.capacity?.['storage'] ?? '') : '')),
    column('Access Modes', (c) => (c.spec?.volumeName ? accessModesText(c.status?.accessModes) : '')),
    column('StorageClass', (c) => c.spec?.storageClassName ?? ''),
    column('VolumeAttributesClass', (c) => c.spec?.volumeAttributesClassName ?? '<unset>'),
    ageColumn,
    wideColumn('VolumeMode', (c) => c.spec?.volumeMode ?? '<unset>'),
  ],
  subresources: [statusSubresource],
  setDefaults: (c) => defaultClaim(c as Claim),
  validate,
  validateUpdate,
  prepareForCreate(c) {
    c.status = { phase: 'Pending' };
  },
  quota: persistentVolumeClaimQuota,
});

import type { V1PersistentVolume } from '@kubernetes/client-node';
import {
  forbidden,
  invalid,
  keyPath,
  notSupported,
  path,
  required,
  type FieldError,
} from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { isQuantity, parseQuantity, zeroQuantity } from '../../apimachinery/quantity.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { oneOf, POSITIVE, requiredText, same } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../meta-v1/columns.ts';
import { canonicalize } from '../meta-v1/quantities.ts';
import { ACCESS_MODES, accessModesText } from './access-modes.ts';
import { validateNodeSelector } from './affinity-validation.ts';

export type PersistentVolume = Resource<V1PersistentVolume>;
type Spec = NonNullable<PersistentVolume['spec']>;

/** The fields of the spec that are no source. */
const NOT_SOURCES = new Set([
  ...['accessModes', 'capacity', 'claimRef', 'mountOptions', 'nodeAffinity', 'persistentVolumeReclaimPolicy'],
  ...['storageClassName', 'volumeAttributesClassName', 'volumeMode'],
]);

function sources(spec: Spec): string[] {
  return Object.keys(spec).filter((key) => !NOT_SOURCES.has(key) && spec[key as keyof Spec] != null);
}

function setDefaults(volume: PersistentVolume): void {
  const spec = (volume.spec ??= {});
  canonicalize(spec.capacity);
  spec.persistentVolumeReclaimPolicy ||= 'Retain';
  spec.volumeMode ??= 'Filesystem';
  if (spec.hostPath) spec.hostPath.type ??= '';
}

function validate(volume: PersistentVolume): FieldError[] {
  const spec = volume.spec!;
  const modes = spec.accessModes ?? [];
  const given = sources(spec);
  return [
    ...(modes.length > 0 ? [] : [required('spec.accessModes')]),
    ...modes.flatMap((mode) => oneOf('spec.accessModes', mode, ACCESS_MODES)),
    ...validateCapacity(spec),
    ...oneOf('spec.persistentVolumeReclaimPolicy', spec.persistentVolumeReclaimPolicy, ['Delete', 'Recycle', 'Retain']),
    ...oneOf('spec.volumeMode', spec.volumeMode, ['Block', 'Filesystem']),
    ...(spec.nodeAffinity?.required
      ? validateNodeSelector(spec.nodeAffinity.required, 'spec.nodeAffinity.required')
      : []),
    ...given.slice(1).map((name) => forbidden(path('spec', name), 'may not specify more than 1 volume type')),
    ...(given.length === 0 ? [required('spec', 'must specify a volume type')] : []),
    ...(spec.hostPath ? requiredText('spec.hostPath.path', spec.hostPath.path) : []),
    ...(spec.nfs ? requiredText('spec.nfs.server', spec.nfs.server) : []),
  ];
}

function validateCapacity(spec: Spec): FieldError[] {
  const capacity = spec.capacity ?? {};
  if (Object.keys(capacity).length === 0) return [required('spec.capacity')];
  const storage = capacity['storage'];
  if (storage === undefined) return [notSupported('spec.capacity', capacity, ['storage'])];
  const positive = isQuantity(storage) && parseQuantity(storage).compare(zeroQuantity) > 0;
  return positive ? [] : [invalid(keyPath('spec.capacity', 'storage'), storage, POSITIVE)];
}

function validateUpdate(volume: PersistentVolume, old: PersistentVolume): FieldError[] {
  const pick = (spec: Spec | undefined) =>
    Object.fromEntries(sources(spec ?? {}).map((key) => [key, spec?.[key as keyof Spec]]));
  if (same(pick(volume.spec), pick(old.spec))) return [];
  return [forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')];
}

function claimText({ spec }: PersistentVolume): string {
  return spec?.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : '';
}

export const persistentVolume = defineKind<PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  returnsDeleted: true,
  namespaced: false,
  shortNames: ['pv'],
  columns: [
    nameColumn,
    column('Capacity', (v) => v.spec?.capacity?.['storage'] ?? ''),
    column('Access Modes', (v) => accessModesText(v.spec?.accessModes)),
    column('Reclaim Policy', (v) => v.spec?.persistentVolumeReclaimPolicy ?? ''),
    column('Status', (v) => (v.metadata.deletionTimestamp ? 'Terminating' : (v.status?.phase ?? ''))),
    column('Claim', claimText),
    column('StorageClass', (v) => v.spec?.storageClassName ?? ''),
    column('VolumeAttributesClass', (v) => v.spec?.volumeAttributesClassName ?? '<unset>'),
    column('Reason', (v) => v.status?.reason ?? ''),
    ageColumn,
    wideColumn('VolumeMode', (v) => v.spec?.volumeMode ?? '<unset>'),
  ],
  subresources: [statusSubresource],
  setDefaults,
  validate,
  validateUpdate,
  prepareForCreate(v, context) {
    v.status = { phase: 'Pending', lastPhaseTransitionTime: formatTime(context.now) };
  },
});

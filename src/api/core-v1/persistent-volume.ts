import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../meta-v1/columns.ts';
import { canonicalize } from '../meta-v1/quantities.ts';
import { accessModesText } from './access-modes.ts';
import type { PersistentVolume } from './persistent-volume-type.ts';
import { validateVolume, validateVolumeUpdate } from './persistent-volume-validation.ts';
import { volumeWarnings } from './persistent-volume-warnings.ts';
import { defaultSource } from './volume-source-defaults.ts';

export type { PersistentVolume } from './persistent-volume-type.ts';

function setDefaults(volume: PersistentVolume): void {
  const spec = (volume.spec ??= {});
  canonicalize(spec.capacity);
  spec.persistentVolumeReclaimPolicy ||= 'Retain';
  spec.volumeMode ??= 'Filesystem';
  defaultSource(spec);
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
  validate: validateVolume,
  validateUpdate: validateVolumeUpdate,
  warnings: volumeWarnings,
  prepareForCreate(v, context) {
    v.status = { phase: 'Pending', lastPhaseTransitionTime: formatTime(context.now) };
  },
  prepareForUpdate(v, old, context) {
    const changed = v.status && v.status.phase !== old.status?.phase;
    if (changed && context.subresource === 'status') v.status!.lastPhaseTransitionTime = formatTime(context.now);
  },
});

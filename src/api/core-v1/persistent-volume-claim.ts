import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { forbidden, keyPath, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Plain, Resource } from '../../apimachinery/object.ts';
import { compareQuantities, isQuantity } from '../../apimachinery/quantity.ts';
import { immutable, same } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../meta-v1/columns.ts';
import { canonicalize } from '../meta-v1/quantities.ts';
import { accessModesText } from './access-modes.ts';
import { defaultClaimSpec } from './claim-defaults.ts';
import { validateClaimStatus } from './claim-status-validation.ts';
import { validateClaimSpec, type ClaimSpec } from './claim-spec-validation.ts';
import { wholeBytes, type Warn } from './fractional-bytes.ts';
import { persistentVolumeClaimQuota } from './persistent-volume-claim-quota.ts';

export type PersistentVolumeClaim = Resource<V1PersistentVolumeClaim>;
type Claim = Plain<V1PersistentVolumeClaim>;

/** Also for the claims that a StatefulSet makes. */
export function defaultClaim(claim: Claim): void {
  defaultClaimSpec((claim.spec ??= {}));
  canonicalize(claim.status?.capacity);
  claim.status = { ...claim.status, phase: claim.status?.phase || 'Pending' };
}

const SNAPSHOTS = 'snapshot.storage.k8s.io';

/** Before there was `dataSourceRef`, what no one could fill a claim with was ignored, and still is. */
function dropUnknownSource(spec: ClaimSpec, before: ClaimSpec | undefined): void {
  if (before?.dataSource || before?.dataSourceRef) return;
  const { kind, apiGroup = '' } = spec.dataSource ?? {};
  const claim = apiGroup === '' && kind === 'PersistentVolumeClaim';
  if (!claim && !(apiGroup === SNAPSHOTS && kind === 'VolumeSnapshot')) delete spec.dataSource;
}

/** What a claim is filled with has an old name and a new one; both say the same unless it comes from elsewhere. */
function alignDataSources(spec: ClaimSpec): void {
  if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = { ...spec.dataSource };
  else if (spec.dataSourceRef && !spec.dataSource && !spec.dataSourceRef.namespace) {
    spec.dataSource = { ...spec.dataSourceRef };
  }
}

const CHANGE_FORBIDDEN =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

/** Once made, a claim can only be bound and grow. */
function validateUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const [now, before]: [ClaimSpec, ClaimSpec] = [{ ...claim.spec }, { ...old.spec }];
  if (!before.volumeName) delete now.volumeName;
  if (before.storageClassName === undefined && old.metadata.annotations?.[OLD_CLASS] === undefined) {
    delete now.storageClassName;
  }
  delete now.volumeAttributesClassName;
  delete before.volumeAttributesClassName;
  if (old.status?.phase === 'Bound') now.resources = withStorage(now, before.resources?.requests?.['storage']);
  return [
    ...(same(now, before) ? [] : [forbidden('spec', CHANGE_FORBIDDEN)]),
    ...validateGrowth(claim, old),
    ...immutable('volumeMode', claim.spec?.volumeMode, old.spec?.volumeMode),
    ...(old.spec?.volumeAttributesClassName && claim.spec?.volumeAttributesClassName === undefined
      ? [forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden')]
      : []),
  ];
}

function withStorage({ resources }: ClaimSpec, storage: string | undefined): NonNullable<ClaimSpec['resources']> {
  const { storage: _, ...others } = resources?.requests ?? {};
  return { ...resources, requests: { ...others, ...(storage !== undefined && { storage }) } };
}

/** A claim that could not grow may ask for less again, but for more than it has. */
function validateGrowth(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const [now, before] = [claim, old].map((c) => c.spec?.resources?.requests?.['storage']);
  if (!isQuantity(now) || !isQuantity(before) || compareQuantities(now!, before!) >= 0) return [];
  const has = old.status?.capacity?.['storage'];
  if (isQuantity(has) && compareQuantities(now!, has!) > 0) return [];
  return [forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')];
}

const OLD_CLASS = 'volume.beta.kubernetes.io/storage-class';

function warnings(claim: PersistentVolumeClaim): string[] {
  const warnings: string[] = [];
  const warn: Warn = (where, text) => warnings.push(`${where}: ${text}`);
  if (claim.metadata.annotations?.[OLD_CLASS] !== undefined) {
    warn(keyPath('metadata.annotations', OLD_CLASS), 'deprecated since v1.8; use "storageClassName" attribute instead');
  }
  wholeBytes(claim.spec?.resources?.limits, 'spec.resources.limits', warn);
  wholeBytes(claim.spec?.resources?.requests, 'spec.resources.requests', warn);
  return warnings;
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
  subresources: [{ ...statusSubresource, validate: ({ status }) => validateClaimStatus(status) }],
  setDefaults: (c) => defaultClaim(c as Claim),
  validate: (c) => validateClaimSpec(c.spec!, 'spec'),
  validateUpdate,
  warnings,
  prepareForCreate(c) {
    dropUnknownSource(c.spec!, undefined);
    alignDataSources(c.spec!);
    c.status = { phase: 'Pending' };
  },
  prepareForUpdate(c, old) {
    // Older clients leave out the name that they do not know.
    dropUnknownSource(c.spec!, old.spec);
    alignDataSources(c.spec!);
  },
  quota: persistentVolumeClaimQuota,
});

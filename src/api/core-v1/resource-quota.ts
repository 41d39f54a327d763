import type { V1ResourceQuota } from '@kubernetes/client-node';
import { invalid, keyPath, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { isQuantity, parseQuantity, zeroQuantity } from '../../apimachinery/quantity.ts';
import { immutable, NOT_NEGATIVE, oneOf, validateQuantities } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { canonicalize } from '../meta-v1/quantities.ts';

export type ResourceQuota = Resource<V1ResourceQuota>;

const SCOPES = [
  ...['BestEffort', 'CrossNamespacePodAffinity', 'NotBestEffort', 'NotTerminating', 'PriorityClass', 'Terminating'],
  'VolumeAttributesClass',
];

function validate(quota: ResourceQuota): FieldError[] {
  const hard = quota.spec?.hard ?? {};
  return [
    ...validateQuantities('spec.hard', hard),
    ...Object.entries(hard)
      .filter(([, value]) => isQuantity(value) && parseQuantity(value).compare(zeroQuantity) < 0)
      .map(([name, value]) => invalid(keyPath('spec.hard', name), value, NOT_NEGATIVE)),
    ...(quota.spec?.scopes ?? []).flatMap((scope) => oneOf('spec.scopes', scope, SCOPES)),
  ];
}

/** `cpu: 1/4, pods: 3/10`: what is used of what is allowed, of limits or of everything else. */
function usageText(quota: ResourceQuota, limits: boolean): string {
  const hard = quota.status?.hard ?? {};
  return Object.keys(hard)
    .sort()
    .filter((name) => name.startsWith('limits.') === limits)
    .map((name) => `${name}: ${quota.status?.used?.[name] ?? '0'}/${hard[name]}`)
    .join(', ');
}

export const resourceQuota = defineKind<ResourceQuota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  returnsDeleted: true,
  namespaced: true,
  shortNames: ['quota'],
  columns: [
    nameColumn,
    column('Request', (q) => usageText(q, false)),
    column('Limit', (q) => usageText(q, true)),
    ageColumn,
  ],
  subresources: [statusSubresource],
  setDefaults(q) {
    q.spec ??= {};
    canonicalize(q.spec.hard);
    canonicalize(q.status?.hard);
    canonicalize(q.status?.used);
  },
  validate,
  validateUpdate: (now, old) => immutable('spec.scopes', now.spec?.scopes ?? [], old.spec?.scopes ?? []),
  prepareForCreate(q) {
    q.status = {};
  },
});

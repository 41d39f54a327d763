import type { V1ResourceQuota } from '@kubernetes/client-node';
import { invalid, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { same } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { canonicalize } from '../meta-v1/quantities.ts';
import { validateQuotaAmounts, validateQuotaSpec } from './quota-validation.ts';

export type ResourceQuota = Resource<V1ResourceQuota>;

/** `cpu: 1/4, pods: 3/10`: what is used of what is allowed, of limits or of everything else. */
function usageText(quota: ResourceQuota, limits: boolean): string {
  const hard = quota.status?.hard ?? {};
  return Object.keys(hard)
    .sort()
    .filter((name) => name.startsWith('limits.') === limits)
    .map((name) => `${name}: ${quota.status?.used?.[name] ?? '0'}/${hard[name]}`)
    .join(', ');
}

function validateStatus({ status }: ResourceQuota): FieldError[] {
  return [...validateQuotaAmounts(status?.hard, 'status.hard'), ...validateQuotaAmounts(status?.used, 'status.used')];
}

/** Scopes stay, in whatever order. */
function validateUpdate(now: ResourceQuota, old: ResourceQuota): FieldError[] {
  const [next, last] = [now, old].map((quota) => (quota.spec?.scopes ?? []).toSorted());
  return same(next, last) ? [] : [invalid('spec.scopes', now.spec?.scopes ?? null, 'field is immutable')];
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
  subresources: [{ ...statusSubresource, validate: validateStatus }],
  setDefaults(q) {
    q.spec ??= {};
    canonicalize(q.spec.hard);
    canonicalize(q.status?.hard);
    canonicalize(q.status?.used);
  },
  validate: (q) => validateQuotaSpec(q.spec ?? {}, 'spec'),
  validateUpdate,
  prepareForCreate(q) {
    q.status = {};
  },
});

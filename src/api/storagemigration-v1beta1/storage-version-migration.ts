import type { V1beta1StorageVersionMigration } from '@kubernetes/client-node';
import { invalid, type FieldError } from '../../apimachinery/field-error.ts';
import { bareStatusSubresource, defineKind } from '../../apimachinery/kind.ts';
import { dns1035Label, dns1123Subdomain } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { checked, immutable, requiredText } from '../meta-v1/checks.ts';
import { ageColumn, nameColumn } from '../meta-v1/columns.ts';
import { validateConditions } from '../meta-v1/condition-validation.ts';

export type StorageVersionMigration = Resource<V1beta1StorageVersionMigration>;

function validate({ spec }: StorageVersionMigration): FieldError[] {
  const { group, resource } = spec?.resource ?? { group: '', resource: '' };
  return [
    ...(group ? checked('spec.resource.group', group, dns1123Subdomain) : []),
    ...requiredText('spec.resource.resource', resource, dns1035Label),
  ];
}

function validateStatus({ status }: StorageVersionMigration): FieldError[] {
  const version = status?.resourceVersion;
  const errors = validateConditions('status.conditions', status?.conditions);
  if (!version || /^(0|[1-9][0-9]{0,19})$/.test(version)) return errors;
  return [...errors, invalid('status.resourceVersion', version, 'must be a valid resource version')];
}

export const storageVersionMigration = defineKind<StorageVersionMigration>({
  group: 'storagemigration.k8s.io',
  version: 'v1beta1',
  kind: 'StorageVersionMigration',
  plural: 'storageversionmigrations',
  namespaced: false,
  subresources: [{ ...bareStatusSubresource, validate: validateStatus }],
  columns: [nameColumn, ageColumn],
  validate,
  validateUpdate: (now, old) => immutable('spec', now.spec, old.spec),
});

import type { V1PersistentVolumeClaimSpec } from '@kubernetes/client-node';
import { forbidden, invalid, keyPath, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Label, dns1123Subdomain } from '../../apimachinery/names.ts';
import type { Plain } from '../../apimachinery/object.ts';
import { isQuantity, parseQuantity, zeroQuantity } from '../../apimachinery/quantity.ts';
import { checked, oneOf, POSITIVE, requiredText, same, validateLabelSelector } from '../meta-v1/checks.ts';
import { SUPPORTED_MODES } from './access-modes.ts';

export type ClaimSpec = Plain<V1PersistentVolumeClaimSpec>;

/** The rules of what a claim asks for, in a claim of its own or in a template. */
export function validateClaimSpec(spec: ClaimSpec, field: string): FieldError[] {
  const modes = spec.accessModes ?? [];
  const at = path(field, 'accessModes');
  return [
    ...(modes.length > 0 ? [] : [required(at, 'at least 1 access mode is required')]),
    ...validateLabelSelector(path(field, 'selector'), spec.selector),
    ...modes.flatMap((mode) => oneOf(at, mode, SUPPORTED_MODES)),
    ...(modes.includes('ReadWriteOncePod') && modes.length > 1
      ? [forbidden(at, 'may not use ReadWriteOncePod with other access modes')]
      : []),
    ...validateStorage(spec, keyPath(path(field, 'resources'), 'storage')),
    ...optionalName(path(field, 'storageClassName'), spec.storageClassName),
    ...oneOf(path(field, 'volumeMode'), spec.volumeMode, ['Block', 'Filesystem']),
    ...validateDataSources(spec, field),
    ...optionalName(path(field, 'volumeAttributesClassName'), spec.volumeAttributesClassName),
  ];
}

function validateStorage(spec: ClaimSpec, field: string): FieldError[] {
  const storage = spec.resources?.requests?.['storage'];
  if (storage === undefined) return [required(field)];
  if (!isQuantity(storage)) return [invalid(field, storage, POSITIVE)];
  return parseQuantity(storage).compare(zeroQuantity) > 0 ? [] : [invalid(field, storage, POSITIVE)];
}

function optionalName(field: string, name: string | undefined): FieldError[] {
  return name ? checked(field, name, dns1123Subdomain) : [];
}

function validateDataSources(spec: ClaimSpec, field: string): FieldError[] {
  const { dataSource, dataSourceRef } = spec;
  const errors: FieldError[] = [];
  if (dataSource) errors.push(...validateDataSource(dataSource, path(field, 'dataSource')));
  if (!dataSourceRef) return errors;
  const at = path(field, 'dataSourceRef');
  errors.push(...validateDataSource(dataSourceRef, at));
  if (dataSourceRef.namespace) errors.push(...checked(path(at, 'namespace'), dataSourceRef.namespace, dns1123Label));
  if (dataSourceRef.namespace && dataSource) {
    errors.push(invalid(field, at, 'may not be specified when dataSourceRef.namespace is specified'));
  } else if (dataSource && !same(dataSource, dataSourceRef)) {
    errors.push(invalid(field, path(field, 'dataSource'), 'must match dataSourceRef'));
  }
  return errors;
}

function validateDataSource(source: { apiGroup?: string; kind?: string; name?: string }, field: string): FieldError[] {
  const errors = [...requiredText(path(field, 'name'), source.name), ...requiredText(path(field, 'kind'), source.kind)];
  const group = source.apiGroup ?? '';
  if (group) errors.push(...checked(path(field, 'apiGroup'), group, dns1123Subdomain));
  else if (source.kind !== 'PersistentVolumeClaim') {
    errors.push(
      invalid(field, source.kind ?? '', "must be 'PersistentVolumeClaim' when referencing the default apiGroup"),
    );
  }
  return errors;
}

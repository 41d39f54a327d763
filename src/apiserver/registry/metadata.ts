import {
  duplicate,
  forbidden,
  invalid,
  keyPath,
  path,
  required,
  tooLong,
  type FieldError,
} from '../../apimachinery/field-error.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import { dns1123Label, dns1123Subdomain, labelValue, prefixCheck, qualifiedName } from '../../apimachinery/names.ts';
import type { ObjectMeta, OwnerReference } from '../../apimachinery/object.ts';

/** All annotations of an object together: keys and values, in bytes. */
const maxAnnotationBytes = 256 * 1024;

/** Finalizers that need no domain in front. */
const standardFinalizers = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

/** Errors in the metadata of a new or changed object of `kind`. */
export function validateMetadata(kind: Kind, metadata: ObjectMeta): FieldError[] {
  return [
    ...validateIdentity(kind, metadata),
    ...(metadata.labels ? validateLabels(metadata.labels) : []),
    ...(metadata.annotations ? validateAnnotations(metadata.annotations) : []),
    ...(metadata.ownerReferences ? validateOwners(metadata.ownerReferences) : []),
    ...(metadata.finalizers ? validateFinalizers(metadata.finalizers) : []),
  ];
}

/** Errors of a change of metadata. What callers cannot change has been restored before, so little is left. */
export function validateMetadataUpdate(metadata: ObjectMeta, old: ObjectMeta): FieldError[] {
  if (!old.deletionTimestamp) return [];
  const added = (metadata.finalizers ?? []).filter((f) => !old.finalizers?.includes(f));
  if (added.length === 0) return [];
  const list = `[]string{${added.map((f) => JSON.stringify(f)).join(', ')}}`;
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
  return [forbidden('metadata.finalizers', detail)];
}

function validateIdentity(kind: Kind, { name, generateName, namespace }: ObjectMeta): FieldError[] {
  const check = (value: string) => kind.validateName?.(value) ?? dns1123Subdomain(value);
  const errors: FieldError[] = [];
  if (generateName) {
    errors.push(...prefixCheck(check)(generateName).map((e) => invalid('metadata.generateName', generateName, e)));
  }
  if (!name) errors.push(required('metadata.name', 'name or generateName is required'));
  else errors.push(...check(name).map((e) => invalid('metadata.name', name, e)));
  if (kind.namespaced) {
    if (!namespace) errors.push(required('metadata.namespace'));
    else errors.push(...dns1123Label(namespace).map((e) => invalid('metadata.namespace', namespace, e)));
  }
  return errors;
}

function validateLabels(labels: Readonly<Record<string, string>>): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of Object.keys(labels)) {
    for (const e of qualifiedName(key)) errors.push(invalid('metadata.labels', key, e));
    for (const e of labelValue(labels[key]!)) errors.push(invalid('metadata.labels', labels[key], e));
  }
  return errors;
}

function validateAnnotations(annotations: Readonly<Record<string, string>>): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const key of Object.keys(annotations)) {
    for (const e of qualifiedName(key.toLowerCase())) errors.push(invalid('metadata.annotations', key, e));
    size += Buffer.byteLength(key) + Buffer.byteLength(annotations[key]!);
  }
  if (size > maxAnnotationBytes) errors.push(tooLong('metadata.annotations', maxAnnotationBytes));
  return errors;
}

function validateOwners(owners: readonly OwnerReference[]): FieldError[] {
  const errors: FieldError[] = [];
  owners.forEach((owner, i) => {
    for (const field of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      const at = path('metadata', 'ownerReferences') + path(i) + `.${field}`;
      if (!owner[field]) errors.push(invalid(at, owner[field] ?? '', ownerRule(field)));
    }
  });
  const controllers = owners.filter((o) => o.controller).map((o) => o.name);
  if (controllers.length > 1) {
    const names = controllers.slice(0, 2).join(' and ');
    const detail = `Only one reference can have Controller set to true. Found "true" in references for ${names}`;
    errors.push(invalid('metadata.ownerReferences', owners, detail));
  }
  return errors;
}

function ownerRule(field: string): string {
  return field === 'apiVersion' ? 'version must not be empty' : `${field} must not be empty`;
}

function validateFinalizers(finalizers: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  finalizers.forEach((finalizer, i) => {
    if (standardFinalizers.has(finalizer)) return;
    for (const e of qualifiedName(finalizer)) errors.push(invalid('metadata.finalizers', finalizer, e));
    if (finalizers.indexOf(finalizer) !== i)
      errors.push(duplicate(keyPath('metadata.finalizers', String(i)), finalizer));
  });
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    const detail = 'finalizer orphan and foregroundDeletion cannot be both set';
    errors.push(invalid('metadata.finalizers', finalizers, detail));
  }
  return errors;
}

import {
  errorsOfItems,
  forbidden,
  invalid,
  keyPath,
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
    ...(metadata.finalizers ? validateFinalizers(kind, metadata.finalizers) : []),
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

/** Kinds that can own nothing: they go by themselves. */
const bannedOwners: ReadonlyMap<string, string> = new Map([['v1/Event', '/v1, Kind=Event']]);

function validateOwners(owners: readonly OwnerReference[]): FieldError[] {
  const field = 'metadata.ownerReferences';
  const errors = errorsOfItems(owners, (owner) => validateOwner(owner, field));
  const [first, ...others] = owners.filter((o) => o.controller).map((o) => `${o.kind}/${o.name}`);
  for (const other of others) {
    const found = `Found "true" in references for ${first} and ${other}`;
    errors.push(invalid(field, owners, `Only one reference can have Controller set to true. ${found}`));
  }
  return errors;
}

function validateOwner(owner: OwnerReference, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const version = owner.apiVersion?.slice(owner.apiVersion.lastIndexOf('/') + 1);
  if (!version) errors.push(invalid(`${field}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty'));
  for (const name of ['kind', 'name', 'uid'] as const) {
    if (!owner[name]) errors.push(invalid(`${field}.${name}`, owner[name] ?? '', 'must not be empty'));
  }
  const banned = bannedOwners.get(`${owner.apiVersion}/${owner.kind}`);
  if (banned) errors.push(invalid(field, owner, `${banned} is disallowed from being an owner`));
  return errors;
}

function validateFinalizers(kind: Kind, finalizers: readonly string[]): FieldError[] {
  const field = 'metadata.finalizers';
  const errors = finalizers.flatMap((finalizer) => qualifiedName(finalizer).map((e) => invalid(field, finalizer, e)));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalid(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  if (kind.plainFinalizers) return errors;
  finalizers.forEach((finalizer, i) => {
    if (finalizer.includes('/') || standardFinalizers.has(finalizer)) return;
    const detail = 'name is neither a standard finalizer name nor is it fully qualified';
    errors.push(invalid(keyPath(field, String(i)), finalizer, detail));
  });
  return errors;
}

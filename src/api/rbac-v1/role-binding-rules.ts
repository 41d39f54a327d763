import type { RbacV1Subject, V1RoleRef } from '@kubernetes/client-node';
import { invalid, notSupported, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Subdomain, pathSegmentName } from '../../apimachinery/names.ts';
import type { KubeObject, Plain } from '../../apimachinery/object.ts';
import type { Column } from '../../apimachinery/table.ts';
import { checked, requiredText, same } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../meta-v1/columns.ts';

const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** To whom a binding gives a role. */
export type Subject = Plain<RbacV1Subject>;

/** What both kinds of bindings have. */
export interface AnyBinding extends KubeObject {
  roleRef: Plain<V1RoleRef>;
  subjects?: Subject[];
}

/** Fills in the groups that the kinds imply. */
export function defaultBinding(binding: AnyBinding): void {
  binding.roleRef ??= { apiGroup: '', kind: '', name: '' };
  binding.roleRef.apiGroup ||= RBAC_GROUP;
  for (const subject of binding.subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ??= RBAC_GROUP;
  }
}

/** The rules of a binding; `kinds` are the roles that it may refer to. */
export function validateBinding(binding: AnyBinding, kinds: readonly string[]): FieldError[] {
  const ref = binding.roleRef ?? { apiGroup: '', kind: '', name: '' };
  const errors: FieldError[] = [];
  if (ref.apiGroup !== RBAC_GROUP) errors.push(notSupported('roleRef.apiGroup', ref.apiGroup, [RBAC_GROUP]));
  if (!kinds.includes(ref.kind)) errors.push(notSupported('roleRef.kind', ref.kind, kinds));
  errors.push(...requiredText('roleRef.name', ref.name, pathSegmentName));
  const namespaced = binding.metadata.namespace !== undefined;
  (binding.subjects ?? []).forEach((s, i) => errors.push(...validateSubject(s, namespaced, path('subjects', i))));
  return errors;
}

function validateSubject(subject: Subject, namespaced: boolean, at: string): FieldError[] {
  const errors = subject.name ? [] : [required(path(at, 'name'))];
  const group = subject.apiGroup ?? '';
  switch (subject.kind) {
    case 'ServiceAccount':
      if (subject.name) errors.push(...checked(path(at, 'name'), subject.name, dns1123Subdomain));
      if (group) errors.push(notSupported(path(at, 'apiGroup'), group, ['']));
      if (!namespaced && !subject.namespace) errors.push(required(path(at, 'namespace')));
      return errors;
    case 'User':
    case 'Group':
      return group === RBAC_GROUP ? errors : [...errors, notSupported(path(at, 'apiGroup'), group, [RBAC_GROUP])];
    default:
      return [...errors, notSupported(path(at, 'kind'), subject.kind ?? '', ['ServiceAccount', 'User', 'Group'])];
  }
}

/** A binding never comes to mean another role. */
export function validateBindingUpdate(binding: AnyBinding, old: AnyBinding): FieldError[] {
  return same(binding.roleRef, old.roleRef) ? [] : [invalid('roleRef', binding.roleRef, 'cannot change roleRef')];
}

function subjects(binding: AnyBinding, kind: string): string {
  return (binding.subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map((subject) => (kind === 'ServiceAccount' ? `${subject.namespace ?? ''}/${subject.name}` : subject.name))
    .join(', ');
}

/** The columns of both kinds of bindings. */
export const bindingColumns: readonly Column<AnyBinding>[] = [
  nameColumn,
  column('Role', (b) => `${b.roleRef?.kind ?? ''}/${b.roleRef?.name ?? ''}`),
  ageColumn,
  wideColumn('Users', (b) => subjects(b, 'User')),
  wideColumn('Groups', (b) => subjects(b, 'Group')),
  wideColumn('ServiceAccounts', (b) => subjects(b, 'ServiceAccount')),
];

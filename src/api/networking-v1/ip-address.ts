import type { V1IPAddress } from '@kubernetes/client-node';
import { required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { isIp } from '../core-v1/ip.ts';
import { immutable, requiredText } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type IPAddress = Resource<V1IPAddress>;

function validate({ spec }: IPAddress): FieldError[] {
  const parent = spec?.parentRef;
  if (!parent) return [required('spec.parentRef')];
  return [
    ...requiredText('spec.parentRef.resource', parent.resource),
    ...requiredText('spec.parentRef.name', parent.name),
  ];
}

function parentText({ spec }: IPAddress): string {
  const parent = spec?.parentRef;
  if (!parent) return '<none>';
  const resource = parent.group ? `${parent.resource}.${parent.group}` : parent.resource;
  return [resource, parent.namespace, parent.name].filter(Boolean).join('/');
}

export const ipAddress = defineKind<IPAddress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  namespaced: false,
  shortNames: ['ip'],
  columns: [nameColumn, column('ParentRef', parentText), ageColumn],
  validateName: (name) => (isIp(name) ? [] : ['must be a valid IP address']),
  validate,
  validateUpdate: (now, old) => immutable('spec.parentRef', now.spec?.parentRef, old.spec?.parentRef),
});

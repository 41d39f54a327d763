import type { V1IPAddress } from '@kubernetes/client-node';
import { required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { dns1123Subdomain, pathSegmentName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { canonicalIp } from '../../apimachinery/ip-address.ts';
import { IP_RULE, isIp } from '../core-v1/ip.ts';
import { checked, immutable, requiredText } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type IPAddress = Resource<V1IPAddress>;

function validate({ spec }: IPAddress): FieldError[] {
  const parent = spec?.parentRef;
  if (!parent) return [required('spec.parentRef')];
  const at = 'spec.parentRef';
  return [
    ...(parent.group ? checked(`${at}.group`, parent.group, dns1123Subdomain) : []),
    ...requiredText(`${at}.resource`, parent.resource, pathSegmentName),
    ...requiredText(`${at}.name`, parent.name, pathSegmentName),
    ...(parent.namespace ? checked(`${at}.namespace`, parent.namespace, pathSegmentName) : []),
  ];
}

/** Two names never mean the same address. */
function nameErrors(name: string): string[] {
  if (!isIp(name)) return [IP_RULE];
  const canonical = canonicalIp(name);
  return name === canonical ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
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
  validateName: nameErrors,
  validate,
  validateUpdate: (now, old) => immutable('spec.parentRef', now.spec?.parentRef, old.spec?.parentRef),
});

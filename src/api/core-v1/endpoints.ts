import type { V1Endpoints } from '@kubernetes/client-node';
import { path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { dns1123Label, dns1123Subdomain, qualifiedName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { checked, portField, requiredOneOf, same } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { validateNotSpecial } from './special-addresses.ts';

export type Endpoints = Resource<V1Endpoints>;

type Subset = NonNullable<Endpoints['subsets']>[number];

/** How many addresses one cell shows. */
const SHOWN = 3;

/** An update is judged when it changes something: what was stored once may be stored again. */
function validate(endpoints: Endpoints, old?: Endpoints): FieldError[] {
  if (old && same(endpoints.subsets, old.subsets)) return [];
  return (endpoints.subsets ?? []).flatMap((subset, i) => validateSubset(subset, path('subsets', i)));
}

function validateSubset(subset: Subset, field: string): FieldError[] {
  const lists = ['addresses', 'notReadyAddresses'] as const;
  const errors: FieldError[] = [];
  if (lists.every((list) => !subset[list]?.length)) {
    errors.push(required(field, 'must specify `addresses` or `notReadyAddresses`'));
  }
  for (const list of lists) {
    (subset[list] ?? []).forEach((address, i) => errors.push(...validateAddress(address, `${field}.${list}[${i}]`)));
  }
  const ports = subset.ports ?? [];
  ports.forEach((port, i) => errors.push(...validatePort(port, ports.length > 1, `${field}.ports[${i}]`)));
  return errors;
}

function validateAddress(address: NonNullable<Subset['addresses']>[number], field: string): FieldError[] {
  return [
    ...validateNotSpecial(path(field, 'ip'), address.ip ?? ''),
    ...(address.hostname ? checked(path(field, 'hostname'), address.hostname, dns1123Label) : []),
    ...(address.nodeName !== undefined ? checked(path(field, 'nodeName'), address.nodeName, dns1123Subdomain) : []),
  ];
}

function validatePort(port: NonNullable<Subset['ports']>[number], named: boolean, field: string): FieldError[] {
  const errors = port.name ? checked(path(field, 'name'), port.name, dns1123Label) : [];
  if (named && !port.name) errors.push(required(path(field, 'name')));
  errors.push(...portField(path(field, 'port'), port.port ?? 0));
  errors.push(...requiredOneOf(path(field, 'protocol'), port.protocol, ['SCTP', 'TCP', 'UDP']));
  return port.appProtocol === undefined
    ? errors
    : [...errors, ...checked(path(field, 'appProtocol'), port.appProtocol, qualifiedName)];
}

function endpointsText(endpoints: Endpoints): string {
  const all = (endpoints.subsets ?? []).flatMap((subset) => {
    const addresses = (subset.addresses ?? []).map((a) => (a.ip.includes(':') ? `[${a.ip}]` : a.ip));
    if (!subset.ports?.length) return addresses;
    return subset.ports.flatMap((port) => addresses.map((address) => `${address}:${port.port}`));
  });
  if (all.length === 0) return '<none>';
  const shown = all.slice(0, SHOWN).join(',');
  return all.length > SHOWN ? `${shown} + ${all.length - SHOWN} more...` : shown;
}

export const endpoints = defineKind<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  namespaced: true,
  shortNames: ['ep'],
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  createOnUpdate: true,
  columns: [nameColumn, column('Endpoints', endpointsText), ageColumn],
  setDefaults(e) {
    for (const subset of e.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= 'TCP';
  },
  validate,
});

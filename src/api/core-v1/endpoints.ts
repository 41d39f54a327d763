import type { V1Endpoints } from '@kubernetes/client-node';
import { invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { dns1123Label } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { checked, portField, requiredOneOf } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { IP_RULE, isIp } from './ip.ts';

export type Endpoints = Resource<V1Endpoints>;

type Subset = NonNullable<Endpoints['subsets']>[number];

/** How many addresses one cell shows. */
const SHOWN = 3;

function validate(endpoints: Endpoints): FieldError[] {
  return (endpoints.subsets ?? []).flatMap((subset, i) => validateSubset(subset, path('subsets', i)));
}

function validateSubset(subset: Subset, field: string): FieldError[] {
  const lists = ['addresses', 'notReadyAddresses'] as const;
  const errors: FieldError[] = [];
  if (lists.every((list) => !subset[list]?.length)) {
    errors.push(required(field, 'must specify `addresses` or `notReadyAddresses`'));
  }
  for (const list of lists) {
    (subset[list] ?? []).forEach((address, i) => {
      if (!isIp(address.ip ?? '')) errors.push(invalid(`${field}.${list}[${i}].ip`, address.ip ?? '', IP_RULE));
    });
  }
  const ports = subset.ports ?? [];
  ports.forEach((port, i) => errors.push(...validatePort(port, ports.length > 1, `${field}.ports[${i}]`)));
  return errors;
}

function validatePort(port: NonNullable<Subset['ports']>[number], named: boolean, field: string): FieldError[] {
  const errors = port.name ? checked(path(field, 'name'), port.name, dns1123Label) : [];
  if (named && !port.name) errors.push(required(path(field, 'name')));
  errors.push(...portField(path(field, 'port'), port.port ?? 0));
  return [...errors, ...requiredOneOf(path(field, 'protocol'), port.protocol, ['SCTP', 'TCP', 'UDP'])];
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

import type { V1EndpointSlice } from '@kubernetes/client-node';
import { invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { dns1123Label, dns1123Subdomain } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ipFamily, isIp } from '../core-v1/ip.ts';
import { checked, immutable, noDuplicates, oneOf, portField, requiredOneOf } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type EndpointSlice = Resource<V1EndpointSlice>;
type Endpoint = EndpointSlice['endpoints'] extends (infer E)[] | undefined ? E : never;

const LIMITS = { endpoints: 1000, addresses: 100, ports: 20_000 };
/** How many addresses or ports one cell shows. */
const SHOWN = 3;

function setDefaults(slice: EndpointSlice): void {
  for (const port of slice.ports ?? []) {
    port.name ??= '';
    port.protocol ||= 'TCP';
  }
}

function tooMany(field: string, count: number, limit: number): FieldError[] {
  const message = `Too many: ${count}: must have at most ${limit} items`;
  return count > limit ? [{ type: 'FieldValueTooMany', field, message }] : [];
}

function validate(slice: EndpointSlice): FieldError[] {
  const [endpoints, ports] = [slice.endpoints ?? [], slice.ports ?? []];
  return [
    ...requiredOneOf('addressType', slice.addressType, ['FQDN', 'IPv4', 'IPv6']),
    ...tooMany('endpoints', endpoints.length, LIMITS.endpoints),
    ...endpoints.flatMap((endpoint, i) => validateEndpoint(endpoint, slice.addressType, path('endpoints', i))),
    ...tooMany('ports', ports.length, LIMITS.ports),
    ...ports.flatMap((port, i) => [
      ...(port.name ? checked(`ports[${i}].name`, port.name, dns1123Label) : []),
      ...oneOf(`ports[${i}].protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']),
      ...portField(`ports[${i}].port`, port.port),
    ]),
    ...noDuplicates(ports.map((port, i) => [`ports[${i}].name`, port.name ?? ''] as const)),
  ];
}

function validateEndpoint(endpoint: Endpoint, type: string, at: string): FieldError[] {
  const addresses = endpoint.addresses ?? [];
  const field = path(at, 'addresses');
  return [
    ...(addresses.length === 0 ? [required(field, 'must contain at least 1 address')] : []),
    ...tooMany(field, addresses.length, LIMITS.addresses),
    ...addresses.flatMap((address, i) => validateAddress(address, type, path(field, i))),
  ];
}

function validateAddress(address: string, type: string, field: string): FieldError[] {
  if (type === 'FQDN') return checked(field, address, dns1123Subdomain);
  if (type !== 'IPv4' && type !== 'IPv6') return [];
  if (isIp(address) && ipFamily(address) === type) return [];
  return [invalid(field, address, `must be a valid ${type} address`)];
}

function some(items: readonly string[]): string {
  if (items.length === 0) return '<unset>';
  const shown = items.slice(0, SHOWN).join(',');
  return items.length > SHOWN ? `${shown} + ${items.length - SHOWN} more...` : shown;
}

export const endpointSlice = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
  hasGeneration: true,
  columns: [
    nameColumn,
    column('AddressType', (s) => s.addressType ?? ''),
    column('Ports', (s) => some((s.ports ?? []).map((port) => (port.port === undefined ? '*' : String(port.port))))),
    column('Endpoints', (s) => some((s.endpoints ?? []).flatMap((endpoint) => endpoint.addresses ?? []))),
    ageColumn,
  ],
  setDefaults,
  validate,
  validateUpdate: (now, old) => immutable('addressType', now.addressType, old.addressType),
});

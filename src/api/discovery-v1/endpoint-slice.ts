import type { V1EndpointSlice } from '@kubernetes/client-node';
import { invalid, path, required, tooMany, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ipFamily, isIp } from '../core-v1/ip.ts';
import { ipWarnings } from '../core-v1/ip-warnings.ts';
import {
  checked,
  immutable,
  noDuplicates,
  oneOf,
  portField,
  requiredOneOf,
  requiredText,
  validateLabels,
} from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { specialAddress } from './special-address.ts';

export type EndpointSlice = Resource<V1EndpointSlice>;

/** Whether connections may go to an endpoint: one that says nothing about it is ready, as the field's documentation has it. */
export function isReady({ conditions }: Pick<NonNullable<EndpointSlice['endpoints']>[number], 'conditions'>): boolean {
  return conditions?.ready ?? true;
}
type Endpoint = EndpointSlice['endpoints'] extends (infer E)[] | undefined ? E : never;

type Port = EndpointSlice['ports'] extends (infer P)[] | undefined ? P : never;

const LIMITS = { endpoints: 1000, addresses: 100, ports: 20_000, topology: 16, hints: 8 };
/** How many addresses or ports one cell shows. */
const SHOWN = 3;

function setDefaults(slice: EndpointSlice): void {
  for (const endpoint of slice.endpoints ?? []) endpoint.conditions ??= {};
  for (const port of slice.ports ?? []) {
    port.name ??= '';
    port.protocol ??= 'TCP';
  }
}

/** Errors when a list is too long; what is in it is not looked at then. */
function bounded<T>(field: string, list: readonly T[], limit: number, check: (item: T, at: string) => FieldError[]) {
  if (list.length > limit) return [tooMany(field, list.length, limit)];
  return list.flatMap((item, i) => check(item, path(field, i)));
}

function validate(slice: EndpointSlice): FieldError[] {
  const [endpoints, ports] = [slice.endpoints ?? [], slice.ports ?? []];
  return [
    ...requiredOneOf('addressType', slice.addressType, ['FQDN', 'IPv4', 'IPv6']),
    ...bounded('endpoints', endpoints, LIMITS.endpoints, (e, at) => validateEndpoint(e, slice.addressType, at)),
    ...bounded('ports', ports, LIMITS.ports, validatePort),
    ...noDuplicates(ports.map((port, i) => [`ports[${i}].name`, port.name ?? ''] as const)),
  ];
}

function validatePort(port: Port, at: string): FieldError[] {
  return [
    ...(port.name ? checked(path(at, 'name'), port.name, dns1123Label) : []),
    ...oneOf(path(at, 'protocol'), port.protocol, ['SCTP', 'TCP', 'UDP']),
    ...portField(path(at, 'port'), port.port),
    ...(port.appProtocol === undefined ? [] : checked(path(at, 'appProtocol'), port.appProtocol, qualifiedName)),
  ];
}

function validateEndpoint(endpoint: Partial<Endpoint>, type: string, at: string): FieldError[] {
  const { addresses = [], hostname, nodeName, deprecatedTopology: topology = {}, hints } = endpoint;
  const field = path(at, 'addresses');
  const labels = Object.keys(topology).length;
  return [
    ...(addresses.length === 0 ? [required(field, 'must contain at least 1 address')] : []),
    ...bounded(field, addresses, LIMITS.addresses, (address, f) => validateAddress(address, type, f)),
    ...(nodeName === undefined ? [] : checked(path(at, 'nodeName'), nodeName, dns1123Subdomain)),
    ...(labels > LIMITS.topology ? [tooMany(path(at, 'deprecatedTopology'), labels, LIMITS.topology)] : []),
    ...validateLabels(path(at, 'deprecatedTopology'), topology),
    ...(hostname === undefined ? [] : checked(path(at, 'hostname'), hostname, dns1123Label)),
    ...validateHints(path(at, 'hints', 'forZones'), hints?.forZones ?? [], labelValue),
    ...validateHints(path(at, 'hints', 'forNodes'), hints?.forNodes ?? [], dns1123Subdomain),
  ];
}

/** For whom an endpoint is meant: each once, and not too many. */
function validateHints(
  field: string,
  hints: readonly { name: string }[],
  check: (name: string) => string[],
): FieldError[] {
  return [
    ...bounded(field, hints, LIMITS.hints, (hint, at) => requiredText(path(at, 'name'), hint.name, check)),
    ...noDuplicates(hints.map((hint, i) => [path(field, i, 'name'), hint.name] as const)),
  ];
}

function validateAddress(address: string, type: string, field: string): FieldError[] {
  if (type === 'FQDN') return validateDomain(address, field);
  if (type !== 'IPv4' && type !== 'IPv6') return [];
  if (!isIp(address) || ipFamily(address) !== type) return [invalid(field, address, `must be a valid ${type} address`)];
  return specialAddress(address).map((detail) => invalid(field, address, detail));
}

function validateDomain(address: string, field: string): FieldError[] {
  const errors = checked(field, address, dns1123Subdomain);
  if (errors.length > 0 || address.includes('.')) return errors;
  return [invalid(field, address, 'should be a domain with at least two segments separated by dots')];
}

function some(items: readonly string[]): string {
  if (items.length === 0) return '<unset>';
  const shown = items.slice(0, SHOWN).join(',');
  return items.length > SHOWN ? `${shown} + ${items.length - SHOWN} more...` : shown;
}

function warnings({ addressType, endpoints }: EndpointSlice): string[] {
  if (addressType === 'FQDN') return [];
  return (endpoints ?? []).flatMap((endpoint, i) =>
    (endpoint.addresses ?? []).flatMap((address, j) => ipWarnings(`endpoints[${i}].addresses[${j}]`, address)),
  );
}

export const endpointSlice = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
  hasGeneration: true,
  generationCounts: ['labels'],
  columns: [
    nameColumn,
    column('AddressType', (s) => s.addressType ?? ''),
    column('Ports', (s) => some((s.ports ?? []).map((port) => (port.port === undefined ? '*' : String(port.port))))),
    column('Endpoints', (s) => some((s.endpoints ?? []).flatMap((endpoint) => endpoint.addresses ?? []))),
    ageColumn,
  ],
  setDefaults,
  validate,
  warnings,
  validateUpdate: (now, old) => immutable('addressType', now.addressType, old.addressType),
});

import { invalid, keyPath, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import { compareQuantities, isQuantity, parseQuantity, zeroQuantity } from '../../apimachinery/quantity.ts';
import { checked, NOT_NEGATIVE, validateQuantities } from '../meta-v1/checks.ts';
import type { ResourceRequirements } from './pod-spec.ts';

const CONTAINER_RESOURCES = ['cpu', 'memory', 'ephemeral-storage'];
/** Names without a prefix that may stand somewhere in the API (quotas, nodes, claims). */
const STANDARD_RESOURCES = [
  ...CONTAINER_RESOURCES,
  ...['requests.cpu', 'requests.memory', 'requests.ephemeral-storage'],
  ...['limits.cpu', 'limits.memory', 'limits.ephemeral-storage'],
  ...['pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'persistentvolumeclaims'],
  ...['configmaps', 'services.nodeports', 'services.loadbalancers', 'storage', 'requests.storage'],
];

/** Resources of which a container may ask for less than it may use. */
function overcommitable(name: string): boolean {
  return isNative(name) && !name.startsWith('hugepages-');
}

function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

/** The rules of a container's `resources`. */
export function validateResources(resources: ResourceRequirements | undefined, field: string): FieldError[] {
  if (!resources) return [];
  const [limits, requests] = [path(field, 'limits'), path(field, 'requests')];
  return [
    ...Object.entries(resources.limits ?? {}).flatMap(([name, value]) => validateEntry(name, value, limits)),
    ...Object.entries(resources.requests ?? {}).flatMap(([name, value]) => [
      ...validateEntry(name, value, requests),
      ...validateAgainstLimit(name, value, resources.limits ?? {}, field),
    ]),
  ];
}

function validateEntry(name: string, value: string, field: string): FieldError[] {
  const at = keyPath(field, name);
  const errors = [...validateResourceName(at, name), ...validateContainerResource(at, name)];
  if (!isQuantity(value)) return [...errors, ...validateQuantities(field, { [name]: value })];
  const quantity = parseQuantity(value);
  if (quantity.compare(zeroQuantity) < 0) errors.push(invalid(at, value, NOT_NEGATIVE));
  if (!isNative(name) && quantity.nanos % 1_000_000_000n !== 0n) errors.push(invalid(at, value, 'must be an integer'));
  return errors;
}

/** A standard name, or one with a domain before it. */
function validateResourceName(field: string, name: string): FieldError[] {
  const errors = checked(field, name, qualifiedName);
  if (errors.length > 0 || name.includes('/') || name.startsWith('hugepages-')) return errors;
  if (STANDARD_RESOURCES.includes(name)) return [];
  return [invalid(field, name, 'must be a standard resource type or fully qualified')];
}

function validateContainerResource(field: string, name: string): FieldError[] {
  if (name.includes('/') || CONTAINER_RESOURCES.includes(name) || name.startsWith('hugepages-')) return [];
  return [invalid(field, name, 'must be a standard resource for containers')];
}

function validateAgainstLimit(
  name: string,
  request: string,
  limits: Record<string, string>,
  field: string,
): FieldError[] {
  const limit = Object.hasOwn(limits, name) ? limits[name]! : undefined;
  if (!isQuantity(request) || (limit !== undefined && !isQuantity(limit))) return [];
  if (limit === undefined) {
    if (overcommitable(name)) return [];
    return [required(path(field, 'limits'), 'Limit must be set for non overcommitable resources')];
  }
  const order = compareQuantities(request, limit);
  if (!overcommitable(name) && order !== 0) {
    return [invalid(path(field, 'requests'), request, `must be equal to ${name} limit of ${limit}`)];
  }
  if (order <= 0) return [];
  return [invalid(path(field, 'requests'), request, `must be less than or equal to ${name} limit of ${limit}`)];
}

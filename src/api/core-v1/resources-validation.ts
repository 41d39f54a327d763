import {
  duplicate,
  forbidden,
  invalid,
  keyPath,
  path,
  required,
  type FieldError,
} from '../../apimachinery/field-error.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import { compareQuantities, isQuantity, parseQuantity, zeroQuantity } from '../../apimachinery/quantity.ts';
import { checked, NOT_NEGATIVE, validateQuantities } from '../meta-v1/checks.ts';
import type { ResourceRequirements } from './pod-spec.ts';
import {
  isExtendedResource,
  isHugePages,
  isNativeResource,
  isOvercommitable,
  isStandardContainerResource,
  isStandardResource,
} from './resource-names.ts';

const BILLION = 1_000_000_000n;

/** The rules of a container's `resources`. `claims` are the names of the pod's resource claims. */
export function validateResources(
  resources: ResourceRequirements | undefined,
  field: string,
  claims: readonly string[] = [],
): FieldError[] {
  if (!resources) return [];
  const { limits = {}, requests = {} } = resources;
  const errors: FieldError[] = [];
  for (const name of Object.keys(limits)) errors.push(...validateEntry(name, limits[name]!, path(field, 'limits')));
  for (const name of Object.keys(requests)) {
    errors.push(...validateEntry(name, requests[name]!, path(field, 'requests')));
    errors.push(...validateAgainstLimit(name, requests[name]!, limits, field));
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')) {
    errors.push(forbidden(field, 'HugePages require cpu or memory'));
  }
  if (resources.claims) errors.push(...validateClaims(resources.claims, claims, path(field, 'claims')));
  return errors;
}

function validateEntry(name: string, value: string, field: string): FieldError[] {
  const at = keyPath(field, name);
  const errors = validateContainerResource(name, at);
  if (!isQuantity(value)) return [...errors, ...validateQuantities(field, { [name]: value })];
  return [...errors, ...validateResourceQuantity(name, value, at)];
}

/** Amounts are not negative; what can only be counted is whole; huge pages come in whole pages. */
export function validateResourceQuantity(name: string, value: string, field: string): FieldError[] {
  const quantity = parseQuantity(value);
  const errors = quantity.compare(zeroQuantity) < 0 ? [invalid(field, value, NOT_NEGATIVE)] : [];
  if (isExtendedResource(name) && quantity.nanos % BILLION !== 0n)
    errors.push(invalid(field, value, 'must be an integer'));
  const page = name.slice('hugepages-'.length);
  if (isHugePages(name) && isQuantity(page) && quantity.nanos % parseQuantity(page).nanos !== 0n) {
    errors.push(invalid(field, value, `${value} is not positive integer multiple of ${name}`));
  }
  return errors;
}

/** A standard name, or one with a domain before it. */
export function validateResourceName(name: string, field: string): FieldError[] {
  const errors = checked(field, name, qualifiedName);
  if (errors.length > 0 || name.includes('/') || isStandardResource(name)) return errors;
  return [invalid(field, name, 'must be a standard resource type or fully qualified')];
}

/** A name of what a container can ask for. */
export function validateContainerResource(name: string, field: string): FieldError[] {
  if (isStandardContainerResource(name)) return [];
  const errors = validateResourceName(name, field);
  if (!name.includes('/')) errors.push(invalid(field, name, 'must be a standard resource for containers'));
  else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.push(invalid(field, name, "doesn't follow extended resource name standard"));
  }
  return errors;
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
    if (isOvercommitable(name)) return [];
    return [required(path(field, 'limits'), 'Limit must be set for non overcommitable resources')];
  }
  const order = compareQuantities(request, limit);
  if (!isOvercommitable(name) && order !== 0) {
    return [invalid(path(field, 'requests'), request, `must be equal to ${name} limit of ${limit}`)];
  }
  if (order <= 0) return [];
  return [invalid(path(field, 'requests'), request, `must be less than or equal to ${name} limit of ${limit}`)];
}

function validateClaims(
  claims: readonly { name?: string; request?: string }[],
  known: readonly string[],
  field: string,
): FieldError[] {
  const seen = new Set<string>();
  return claims.flatMap(({ name = '', request = '' }, i) => {
    const at = path(field, i);
    if (!name) return [required(at)];
    const errors: FieldError[] = [];
    const identity = request ? `${name}/${request}` : name;
    if (seen.has(identity)) errors.push(duplicate(at, identity));
    seen.add(identity);
    if (!known.includes(name)) errors.push(unknownClaim(at, name, known));
    return errors;
  });
}

function unknownClaim(field: string, name: string, known: readonly string[]): FieldError {
  const rest = known.length === 0 ? ' which is empty' : `: ${[...known].sort().join(', ')}`;
  const message = `Not found: ${JSON.stringify(name)}: must be one of the names in pod.spec.resourceClaims${rest}`;
  return { type: 'FieldValueNotFound', field, message };
}

import { invalid, notSupported, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import { compareQuantities, isQuantity } from '../../apimachinery/quantity.ts';
import { checked } from '../meta-v1/checks.ts';
import type { EnvVar } from './pod-spec.ts';

type FieldRef = NonNullable<NonNullable<EnvVar['valueFrom']>['fieldRef']>;
type ResourceRef = NonNullable<NonNullable<EnvVar['valueFrom']>['resourceFieldRef']>;

/** Every field of a pod that anything can refer to. */
const KNOWN_FIELDS = new Set([
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]);

/** The rules of a reference to a field of the pod; `supported` says which fields this place can show. */
export function validateFieldRef(ref: FieldRef, supported: readonly string[], field: string): FieldError[] {
  const at = path(field, 'fieldPath');
  if (!ref.apiVersion) return [required(path(field, 'apiVersion'))];
  if (!ref.fieldPath) return [required(at)];
  if (ref.apiVersion !== 'v1') return [unconvertible(at, ref.fieldPath, `unsupported pod version: ${ref.apiVersion}`)];
  const subscript = /^([^[\]]+)\['(.*)'\]$/.exec(ref.fieldPath);
  if (subscript) return validateSubscript(subscript[1]!, subscript[2]!, ref.fieldPath, field);
  if (!KNOWN_FIELDS.has(ref.fieldPath)) {
    return [unconvertible(at, ref.fieldPath, `field label not supported: ${ref.fieldPath}`)];
  }
  return supported.includes(ref.fieldPath) ? [] : [notSupported(at, ref.fieldPath, supported)];
}

function unconvertible(field: string, value: string, why: string): FieldError {
  return invalid(field, value, `error converting fieldPath: ${why}`);
}

/** `metadata.labels['key']`: only maps have entries. */
function validateSubscript(map: string, key: string, whole: string, field: string): FieldError[] {
  if (map === 'metadata.annotations') return checked(field, key, (k) => qualifiedName(k.toLowerCase()));
  if (map === 'metadata.labels') return checked(field, key, qualifiedName);
  if (KNOWN_FIELDS.has(map)) return [invalid(field, map, 'does not support subscript')];
  return [unconvertible(path(field, 'fieldPath'), whole, `field label not supported: ${map}`)];
}

const RESOURCES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const HUGE_PAGES = /^(limits|requests)\.hugepages-/;

/** In what a resource can be counted, by the beginning of its name, and how messages call it. */
const DIVISORS: readonly [suffix: string, name: string, divisors: readonly string[]][] = [
  ['.cpu', 'cpu', ['1m', '1']],
  ['.memory', 'memory', bytes()],
  ['.ephemeral-storage', 'local ephemeral storage', bytes()],
  ['.hugepages-', 'hugepages', bytes()],
];

function bytes(): readonly string[] {
  return ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];
}

/** The rules of a reference to a container's requests or limits. Volumes must say of which container. */
export function validateResourceFieldRef(ref: ResourceRef, field: string, needsContainer: boolean): FieldError[] {
  const resource = ref.resource ?? '';
  if (needsContainer && !ref.containerName) {
    return [required(path(field, 'containerName')), ...validateDivisor(resource, ref.divisor, field)];
  }
  if (!resource) return [required(path(field, 'resource'))];
  if (!RESOURCES.includes(resource) && !HUGE_PAGES.test(resource)) {
    return [notSupported(path(field, 'resource'), resource, RESOURCES)];
  }
  return validateDivisor(resource, ref.divisor, field);
}

function validateDivisor(resource: string, divisor: string | undefined, field: string): FieldError[] {
  if (!isQuantity(divisor) || compareQuantities(divisor!, '0') === 0) return [];
  const known = DIVISORS.find(([suffix]) => resource.includes(suffix));
  if (!known) return [];
  const [, name, divisors] = known;
  if (divisors.some((one) => compareQuantities(one, divisor!) === 0)) return [];
  const list = divisors.length > 2 ? divisors.join(', ') : divisors.join(' and ');
  const detail = `only divisor's values ${list} are supported with the ${name} resource`;
  return [invalid(path(field, 'divisor'), resource, detail)];
}

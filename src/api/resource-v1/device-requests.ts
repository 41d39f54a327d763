import {
  invalid,
  invalidWhole,
  notSupported,
  path,
  required,
  tooLong,
  type FieldError,
} from '../../apimachinery/field-error.ts';
import { dns1123Subdomain, labelValue, qualifiedName } from '../../apimachinery/names.ts';
import { isQuantity, parseQuantity, zeroQuantity } from '../../apimachinery/quantity.ts';
import { checked, NOT_NEGATIVE, requiredText } from '../meta-v1/checks.ts';
import { attributeName, bounded, boundedSet, deviceName, driverName } from './device-names.ts';
import type { ResourceClaim } from './resource-claim.ts';

export type ClaimSpec = ResourceClaim['spec'];
type Devices = NonNullable<ClaimSpec['devices']>;
type Request = NonNullable<Devices['requests']>[number];
type SubRequest = NonNullable<Request['firstAvailable']>[number];
type Exact = Partial<NonNullable<Request['exactly']>>;
type Selector = NonNullable<Exact['selectors']>[number];
type Toleration = NonNullable<Exact['tolerations']>[number];
type Config = { requests?: string[]; opaque?: { driver?: string; parameters?: unknown } };

const MOST = { requests: 32, constraints: 32, config: 32, selectors: 32, first: 8, tolerations: 16 };
const LONGEST = { expression: 10 * 1024, parameters: 10 * 1024 };
const ONE_OF = 'exactly one of `exactly` or `firstAvailable` is required';

/** What is left out of requests: one device each, and tolerations that compare. */
export function defaultRequests(devices: Devices | undefined): void {
  for (const { exactly, firstAvailable } of devices?.requests ?? []) {
    for (const request of [...(exactly ? [exactly] : []), ...(firstAvailable ?? [])]) {
      request.allocationMode ||= 'ExactCount';
      if (request.allocationMode === 'ExactCount') request.count ||= 1;
      for (const toleration of request.tolerations ?? []) toleration.operator ||= 'Equal';
    }
  }
}

/** The rules of what a claim asks for. */
export function validateDevices(devices: Devices | undefined, at: string): FieldError[] {
  const names = requestNames(devices);
  return [
    ...boundedSet(path(at, 'requests'), devices?.requests, MOST.requests, validateRequest, (r) => r.name, 'name'),
    ...bounded(path(at, 'constraints'), devices?.constraints, MOST.constraints, (constraint, field) => [
      ...validateNames(path(field, 'requests'), constraint.requests, names),
      ...validateAttribute(constraint, field),
    ]),
    ...bounded(path(at, 'config'), devices?.config, MOST.config, (config, field) => [
      ...validateNames(path(field, 'requests'), config.requests, names),
      ...validateConfig(config as Config, field),
    ]),
  ];
}

/** Every name by which results and configuration can speak of a request: `gpu`, `gpu/large`. */
export function requestNames(devices: Devices | undefined): Set<string> {
  return new Set(
    (devices?.requests ?? []).flatMap(({ name, firstAvailable }) => [
      name,
      ...(firstAvailable ?? []).map((sub) => `${name}/${sub.name}`),
    ]),
  );
}

function validateAttribute(
  constraint: { matchAttribute?: string; distinctAttribute?: string },
  at: string,
): FieldError[] {
  const { matchAttribute: match, distinctAttribute: distinct } = constraint;
  if (match === undefined && distinct === undefined) return [required(path(at, 'matchAttribute'))];
  return [
    ...(match === undefined ? [] : attributeName(path(at, 'matchAttribute'), match, true)),
    ...(distinct === undefined ? [] : attributeName(path(at, 'distinctAttribute'), distinct, true)),
  ];
}

function validateNames(field: string, given: readonly string[] | undefined, names: ReadonlySet<string>): FieldError[] {
  return boundedSet(field, given, MOST.requests, (name, at) => validateName(at, name, names), String);
}

/** A request must be one of the claim's. */
export function validateName(field: string, name: string, names: ReadonlySet<string>): FieldError[] {
  if (names.has(name)) return [];
  const rule = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
  return [invalid(field, name, rule)];
}

/** The rules of configuration that only a driver understands: an object, and not too large. */
export function validateConfig({ opaque }: Config, at: string): FieldError[] {
  const field = path(at, 'opaque');
  if (!opaque) return [required(field)];
  const parameters = path(field, 'parameters');
  const errors = driverName(path(field, 'driver'), opaque.driver);
  if (opaque.parameters === undefined || opaque.parameters === null) return [...errors, required(parameters)];
  if (typeof opaque.parameters !== 'object' || Array.isArray(opaque.parameters)) {
    return [...errors, invalid(parameters, '<value omitted>', 'must be a valid JSON object')];
  }
  const size = JSON.stringify(opaque.parameters).length;
  return size > LONGEST.parameters ? [...errors, tooLong(parameters, LONGEST.parameters)] : errors;
}

function validateRequest({ name, exactly, firstAvailable }: Request, at: string): FieldError[] {
  const errors = deviceName(path(at, 'name'), name);
  const some = (firstAvailable?.length ?? 0) > 0;
  if (!exactly && !some) errors.push(required(at, ONE_OF));
  else if (exactly && some) errors.push(invalidWhole(at, `${ONE_OF}, but multiple fields are set`));
  else if (exactly) errors.push(...validateExact(exactly, path(at, 'exactly')));
  else {
    const check = (sub: SubRequest, field: string) => [
      ...deviceName(path(field, 'name'), sub.name),
      ...validateExact(sub, field),
    ];
    errors.push(...boundedSet(path(at, 'firstAvailable'), firstAvailable, MOST.first, check, (s) => s.name, 'name'));
  }
  return errors;
}

function validateExact(request: Exact, at: string): FieldError[] {
  return [
    ...requiredText(path(at, 'deviceClassName'), request.deviceClassName, dns1123Subdomain),
    ...validateSelectors(request.selectors, path(at, 'selectors')),
    ...validateCount(request, at),
    ...bounded(path(at, 'tolerations'), request.tolerations, MOST.tolerations, validateToleration),
    ...Object.entries(request.capacity?.requests ?? {}).flatMap(([name, value]) =>
      validateCapacity(name, value, path(at, 'capacity', 'requests')),
    ),
  ];
}

function validateCapacity(name: string, value: string, at: string): FieldError[] {
  const field = `${at}[${name}]`;
  const negative = isQuantity(value) && parseQuantity(value).compare(zeroQuantity) < 0;
  return [...attributeName(field, name), ...(negative ? [invalid(field, value, NOT_NEGATIVE)] : [])];
}

function validateCount({ allocationMode: mode, count }: Exact, at: string): FieldError[] {
  if (mode === 'All') {
    if (!count) return [];
    return [invalid(path(at, 'count'), count, "must not be specified when allocationMode is 'All'")];
  }
  if (mode === 'ExactCount') {
    return (count ?? 0) > 0 ? [] : [invalid(path(at, 'count'), count ?? 0, 'must be greater than zero')];
  }
  return [notSupported(path(at, 'allocationMode'), mode ?? '', ['All', 'ExactCount'])];
}

/** The rules of expressions that choose devices. */
export function validateSelectors(selectors: readonly Selector[] | undefined, at: string): FieldError[] {
  return bounded(at, selectors, MOST.selectors, ({ cel }, field) => {
    if (!cel) return [required(path(field, 'cel'))];
    const expression = path(field, 'cel', 'expression');
    if (!cel.expression?.trim()) return [required(expression)];
    return cel.expression.length > LONGEST.expression ? [tooLong(expression, LONGEST.expression)] : [];
  });
}

function validateToleration({ key, operator, value, effect }: Toleration, at: string): FieldError[] {
  const errors = key ? checked(path(at, 'key'), key, qualifiedName) : [];
  if (operator === 'Exists') {
    if (value) errors.push(invalid(path(at, 'value'), value, 'must be empty for operator `Exists`'));
  } else if (operator === 'Equal') {
    errors.push(...checked(path(at, 'value'), value ?? '', labelValue));
    if (!key) errors.push(required(path(at, 'key'), 'must be set for operator `Equal`'));
  } else if (operator) errors.push(notSupported(path(at, 'operator'), operator, ['Equal', 'Exists']));
  else errors.push(required(path(at, 'operator')));
  if (effect && !['NoExecute', 'NoSchedule'].includes(effect)) {
    errors.push(notSupported(path(at, 'effect'), effect, ['NoExecute', 'NoSchedule']));
  }
  return errors;
}

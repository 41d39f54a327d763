import { invalid, keyPath, path, required, tooLong, tooMany, type FieldError } from '../../apimachinery/field-error.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import { isQuantity, parseQuantity, zeroQuantity } from '../../apimachinery/quantity.ts';
import { checked, NOT_NEGATIVE } from '../meta-v1/checks.ts';
import { attributeName, bounded, boundedSet, deviceName } from './device-names.ts';
import { validateTaint } from './device-taints.ts';
import { validatePlace } from './device-places.ts';
import type { ResourceSlice } from './resource-slice.ts';

type Spec = ResourceSlice['spec'];
export type Device = NonNullable<Spec['devices']>[number];
type Attribute = NonNullable<Device['attributes']>[string];
type Capacity = NonNullable<Device['capacity']>[string];
type Policy = NonNullable<Capacity['requestPolicy']>;

const MOST = { properties: 32, taints: 16, consumptions: 2, counters: 32, sets: 8, conditions: 4, values: 10 };
const LONGEST_VALUE = 64;
const SEMANTIC =
  /^(0|[1-9][0-9]{0,9})\.(0|[1-9][0-9]{0,9})\.(0|[1-9][0-9]{0,9})(-[0-9A-Za-z.-]{1,64})?(\+[0-9A-Za-z.-]{1,64})?$/;
const VALUES = ['bool', 'bools', 'int', 'ints', 'string', 'strings', 'version', 'versions'] as const;

/** The rules of a device of a slice; `placed` when each device says where it is. */
export function validateDevice(device: Device, placed: boolean, at: string): FieldError[] {
  const { attributes = {}, capacity = {} } = device;
  const properties = Object.keys(attributes).length + Object.keys(capacity).length;
  const detail = `the total number of attributes and capacities must not exceed ${MOST.properties}`;
  return [
    ...deviceName(path(at, 'name'), device.name),
    ...Object.entries(attributes).flatMap(([name, value]) => validateAttribute(name, value, path(at, 'attributes'))),
    ...Object.entries(capacity).flatMap(([name, value]) => validateCapacity(name, value, path(at, 'capacity'))),
    ...(properties > MOST.properties ? [invalid(at, properties, detail)] : []),
    ...bounded(path(at, 'taints'), device.taints, MOST.taints, validateTaint),
    ...boundedSet(
      path(at, 'consumesCounters'),
      device.consumesCounters,
      MOST.consumptions,
      (consumption, field) => [
        ...deviceName(path(field, 'counterSet'), consumption.counterSet),
        ...validateCounters(consumption.counters, path(field, 'counters')),
      ],
      (consumption) => consumption.counterSet,
      'counterSet',
    ),
    ...(placed ? validatePlace(device, at, ['nodeName', 'nodeSelector', 'allNodes']) : notPlaced(device, at)),
    ...validateBinding(device, at),
  ];
}

/** The rules of sets of counters that devices share. */
export function validateCounterSets(sets: Spec['sharedCounters'], at: string): FieldError[] {
  return boundedSet(
    at,
    sets,
    MOST.sets,
    (set, field) => [
      ...deviceName(path(field, 'name'), set.name),
      ...validateCounters(set.counters, path(field, 'counters')),
    ],
    (set) => set.name,
    'name',
  );
}

function validateCounters(counters: Record<string, { value: string }> | undefined, at: string): FieldError[] {
  const names = Object.keys(counters ?? {});
  if (names.length === 0) return [required(at)];
  const errors = names.flatMap((name) => deviceName(keyPath(at, name), name));
  return names.length > MOST.counters ? [...errors, tooMany(at, names.length, MOST.counters)] : errors;
}

function notPlaced(device: Device, at: string): FieldError[] {
  return (['nodeName', 'nodeSelector', 'allNodes'] as const)
    .filter((name) => device[name] !== undefined)
    .map((name) => invalid(path(at, name), device[name], 'must not be set unless perDeviceNodeSelection is true'));
}

function validateBinding(device: Device, at: string): FieldError[] {
  const { bindingConditions: some = [], bindingFailureConditions: failures = [] } = device;
  const condition = (name: string, field: string) => checked(field, name, qualifiedName);
  const errors = [
    ...boundedSet(path(at, 'bindingConditions'), some, MOST.conditions, condition, String),
    ...boundedSet(path(at, 'bindingFailureConditions'), failures, MOST.conditions, condition, String),
  ];
  if (some.length === 0 && failures.length > 0) {
    errors.push(required(path(at, 'bindingConditions'), 'must be set when bindingFailureConditions is set'));
  }
  if (some.length > 0 && failures.length === 0) {
    errors.push(required(path(at, 'bindingFailureConditions'), 'must be set when bindingConditions is set'));
  }
  return errors;
}

function validateAttribute(name: string, attribute: Attribute, at: string): FieldError[] {
  const field = keyPath(at, name);
  const errors = attributeName(field, name);
  const given = VALUES.filter((value) => attribute[value] !== undefined);
  if (given.length === 0) errors.push(required(field, 'exactly one value must be specified'));
  if (given.length > 1) errors.push(invalid(field, attribute, 'exactly one value must be specified'));
  const texts = [...(attribute.strings ?? []), ...(attribute.string === undefined ? [] : [attribute.string])];
  const versions = [...(attribute.versions ?? []), ...(attribute.version === undefined ? [] : [attribute.version])];
  for (const text of texts) if (text.length > LONGEST_VALUE) errors.push(tooLong(path(field, 'string'), LONGEST_VALUE));
  for (const version of versions) {
    if (version.length > LONGEST_VALUE) errors.push(tooLong(path(field, 'version'), LONGEST_VALUE));
    else if (!SEMANTIC.test(version)) {
      const rule = 'must be a string compatible with semver.org spec 2.0.0';
      errors.push(invalid(path(field, 'version'), version, rule));
    }
  }
  return errors;
}

function validateCapacity(name: string, capacity: Capacity, at: string): FieldError[] {
  const field = keyPath(at, name);
  const errors = attributeName(field, name);
  const negative = isQuantity(capacity.value) && parseQuantity(capacity.value).compare(zeroQuantity) < 0;
  if (negative) errors.push(invalid(path(field, 'value'), capacity.value, NOT_NEGATIVE));
  if (!capacity.requestPolicy) return errors;
  return [...errors, ...validatePolicy(capacity.requestPolicy, path(field, 'requestPolicy'))];
}

function validatePolicy(policy: Policy, at: string): FieldError[] {
  const { default: usual, validRange: range, validValues: values = [] } = policy;
  const errors: FieldError[] = [];
  if (range && values.length > 0) {
    errors.push(
      invalid(
        at,
        policy,
        'exactly one policy can be specified, cannot specify `validValues` and `validRange` at the same time',
      ),
    );
  }
  if (usual === undefined && (range || values.length > 0)) errors.push(required(path(at, 'default')));
  if (values.length > MOST.values) errors.push(tooMany(path(at, 'validValues'), values.length, MOST.values));
  const parsed = values.map((value) => parseQuantity(value));
  parsed.forEach((value, i) => {
    if (i > 0 && parsed[i - 1]!.compare(value) >= 0) {
      errors.push(invalid(path(at, 'validValues') + path(i), values[i], 'must be sorted in ascending order'));
    }
  });
  if (usual !== undefined && values.length > 0 && !parsed.some((v) => v.compare(parseQuantity(usual)) === 0)) {
    errors.push(invalid(path(at, 'default'), usual, 'default value is not valid according to the requestPolicy'));
  }
  if (range?.max !== undefined && parseQuantity(range.min).compare(parseQuantity(range.max)) > 0) {
    errors.push(
      invalid(
        path(at, 'validRange', 'min'),
        range.min,
        `minimum value ${range.min} is greater than maximum value ${range.max}`,
      ),
    );
  }
  return errors;
}

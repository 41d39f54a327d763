import { durationUnits } from '../../apimachinery/duration.ts';
import { invalid, path, type FieldError } from '../../apimachinery/field-error.ts';
import { parseTime } from '../../apimachinery/time.ts';

/** What a value of a configuration file must look like. */
export type Shape =
  | 'string'
  | 'integer'
  | 'boolean'
  /** `1m30s` */
  | 'duration'
  | 'time'
  /** Whatever: checked elsewhere. */
  | 'anything'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> };

/** What does not fit: fields nobody knows by their paths, and values of other types. */
export interface Misfits {
  readonly unknown: string[];
  readonly errors: FieldError[];
}

/** Compares a value with its shape, strictly: a field that is not known is a mistake, as in upstream. */
export function misfits(value: unknown, shape: Shape): Misfits {
  const found: Misfits = { unknown: [], errors: [] };
  compare(value, shape, '', found);
  return found;
}

const DURATION = /^[-+]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)){0,8}$/;

const tests: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  string: [(value) => typeof value === 'string', 'must be a string'],
  integer: [Number.isSafeInteger, 'must be an integer'],
  boolean: [(value) => typeof value === 'boolean', 'must be true or false'],
  duration: [(value) => value === '0' || (typeof value === 'string' && DURATION.test(value)), 'must be a duration'],
  time: [(value) => typeof value === 'string' && parseTime(value) !== undefined, 'must be a time'],
  anything: [() => true, ''],
};

/** `null` is a field that is left out. */
function compare(value: unknown, shape: Shape, at: string, found: Misfits): void {
  if (value === undefined || value === null) return;
  if (typeof shape === 'string') {
    const [fits, detail] = tests[shape]!;
    if (!fits(value)) found.errors.push(invalid(at, value, detail));
  } else if ('list' in shape) {
    if (!Array.isArray(value)) found.errors.push(invalid(at, value, 'must be a list'));
    else value.forEach((item, i) => compare(item, shape.list, path(at, i), found));
  } else if (typeof value !== 'object' || Array.isArray(value)) {
    found.errors.push(invalid(at, value, 'must be an object'));
  } else {
    for (const [name, part] of Object.entries(value)) {
      const of = 'map' in shape ? shape.map : Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
      if (of) compare(part, of, path(at, name), found);
      else found.unknown.push(path(at, name));
    }
  }
}

/** The milliseconds of a duration that has the right shape. */
export function millisecondsOf(duration: string): number {
  const sign = duration.startsWith('-') ? -1 : 1;
  let sum = 0;
  for (const [, amount, unit] of duration.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(amount) * durationUnits[unit!]!;
  return (sign * sum) / 1e6;
}

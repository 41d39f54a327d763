import {
  duplicate,
  invalid,
  keyPath,
  notSupported,
  path,
  required,
  type FieldError,
} from '../../apimachinery/field-error.ts';
import { percentOf, type IntOrString } from '../../apimachinery/int-or-string.ts';
import { labelValue, portName, portNumber, qualifiedName } from '../../apimachinery/names.ts';
import { isQuantity } from '../../apimachinery/quantity.ts';
import type { LabelSelector, LabelSelectorRequirement } from './types.ts';

/** A check of a text: what is wrong with it, in sentences. */
export type TextCheck = (value: string) => string[];

export const NOT_NEGATIVE = 'must be greater than or equal to 0';
export const POSITIVE = 'must be greater than 0';
const IMMUTABLE = 'field is immutable';

/** Errors when `value` is below 0. Absent is fine. */
export function nonNegative(field: string, value: number | undefined): FieldError[] {
  return value !== undefined && value < 0 ? [invalid(field, value, NOT_NEGATIVE)] : [];
}

/** Errors when `value` is 0 or below. Absent is fine. */
export function positive(field: string, value: number | undefined): FieldError[] {
  return value !== undefined && value <= 0 ? [invalid(field, value, POSITIVE)] : [];
}

/** Errors when `value` is not within the bounds. Absent is fine. */
export function inRange(field: string, value: number | undefined, min: number, max: number): FieldError[] {
  if (value === undefined || (value >= min && value <= max)) return [];
  return [invalid(field, value, `must be between ${min} and ${max}, inclusive`)];
}

/** One error per sentence that `check` has about `value`. */
export function checked(field: string, value: string, check: TextCheck): FieldError[] {
  return check(value).map((detail) => invalid(field, value, detail));
}

/** `Required value` when there is none, else what `check` says. */
export function requiredText(field: string, value: string | undefined, check?: TextCheck, detail = ''): FieldError[] {
  if (!value) return [required(field, detail)];
  return check ? checked(field, value, check) : [];
}

/** Errors unless `value` is one of `supported`. Absent is fine. */
export function oneOf(field: string, value: string | undefined, supported: readonly string[]): FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [notSupported(field, value, supported)];
}

/** `oneOf`, where something must be there. */
export function requiredOneOf(field: string, value: string | undefined, supported: readonly string[]): FieldError[] {
  return value ? oneOf(field, value, supported) : [required(field)];
}

/** Errors when a port number is out of range. Absent is fine. */
export function portField(field: string, value: number | undefined): FieldError[] {
  return value === undefined ? [] : portNumber(value).map((detail) => invalid(field, value, detail));
}

/** A port by number or by name. */
export function portOrName(field: string, value: IntOrString): FieldError[] {
  return typeof value === 'number' ? portField(field, value) : checked(field, value, portName);
}

/** Each key of `labels` must be a qualified name and each value a label value. */
export function validateLabels(field: string, labels: Record<string, string> | undefined): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...checked(field, key, qualifiedName),
    ...checked(field, value, labelValue),
  ]);
}

const ANNOTATIONS_LIMIT = 256 * 1024;

/** Each key must be a qualified name whatever its case, and all of them together not exceed 256 KiB. */
export function validateAnnotations(field: string, annotations: Record<string, string> | undefined): FieldError[] {
  const entries = Object.entries(annotations ?? {});
  const size = entries.reduce((sum, [k, v]) => sum + Buffer.byteLength(k) + Buffer.byteLength(v), 0);
  const errors = entries.flatMap(([key]) => checked(field, key, (k) => qualifiedName(k.toLowerCase())));
  if (size > ANNOTATIONS_LIMIT) {
    const message = `Too long: may not be more than ${ANNOTATIONS_LIMIT} bytes`;
    errors.push({ type: 'FieldValueTooLong', field, message });
  }
  return errors;
}

/** The rules of a `LabelSelector` object. */
export function validateLabelSelector(field: string, selector: LabelSelector | undefined): FieldError[] {
  if (!selector) return [];
  return [
    ...validateLabels(path(field, 'matchLabels'), selector.matchLabels),
    ...(selector.matchExpressions ?? []).flatMap((r, i) =>
      validateRequirement(path(`${field}.matchExpressions`, i), r),
    ),
  ];
}

function validateRequirement(field: string, requirement: LabelSelectorRequirement): FieldError[] {
  const values = requirement.values ?? [];
  const errors: FieldError[] = [];
  if (requirement.operator === 'In' || requirement.operator === 'NotIn') {
    if (values.length === 0) {
      errors.push(required(path(field, 'values'), "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (requirement.operator === 'Exists' || requirement.operator === 'DoesNotExist') {
    if (values.length > 0) {
      const message = "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      errors.push({ type: 'FieldValueForbidden', field: path(field, 'values'), message });
    }
  } else {
    errors.push(invalid(path(field, 'operator'), requirement.operator, 'not a valid selector operator'));
  }
  errors.push(...checked(path(field, 'key'), requirement.key ?? '', qualifiedName));
  values.forEach((value, i) => errors.push(...checked(path(`${field}.values`, i), value, labelValue)));
  return errors;
}

const PERCENT =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/** A count that is not negative, or a percentage. */
export function countOrPercent(field: string, value: IntOrString | undefined): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === 'number') return nonNegative(field, value);
  return /^[0-9]+%$/.test(value) ? [] : [invalid(field, value, PERCENT)];
}

/** Errors above 100 %. */
export function atMost100Percent(field: string, value: IntOrString | undefined): FieldError[] {
  const percent = typeof value === 'string' ? percentOf(value) : undefined;
  return percent !== undefined && percent > 100 ? [invalid(field, value, 'must not be greater than 100%')] : [];
}

/** Errors for each value that occurred before; `of` names what is compared and where it stands. */
export function noDuplicates(entries: readonly (readonly [field: string, value: string])[]): FieldError[] {
  const seen = new Set<string>();
  return entries.flatMap(([field, value]) => {
    if (seen.has(value)) return [duplicate(field, value)];
    seen.add(value);
    return [];
  });
}

/** Tells by its place whether a value of the list occurred before. One pass, for clients may send long lists. */
export function repeats(values: readonly unknown[]): (i: number) => boolean {
  const first = new Map<unknown, number>();
  values.forEach((value, i) => first.has(value) || first.set(value, i));
  return (i) => first.get(values[i]) !== i;
}

/** Errors when `now` is not what `before` was, compared as JSON. */
export function immutable(field: string, now: unknown, before: unknown): FieldError[] {
  return same(now, before) ? [] : [invalid(field, now, IMMUTABLE)];
}

/** Whether two plain values say the same, whatever the order of their keys; an empty list is as good as none. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || (isAbsent(a) && isAbsent(b))) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a)) return a.length === (b as unknown[]).length && a.every((v, i) => same(v, (b as unknown[])[i]));
  const keys = definedKeys(a);
  return (
    keys.length === definedKeys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same((a as any)[key], (b as any)[key]))
  );
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function definedKeys(object: object): string[] {
  return Object.keys(object).filter((key) => !isAbsent((object as any)[key]));
}

/** Errors for each quantity of a map that cannot be read. */
export function validateQuantities(field: string, map: Record<string, string> | undefined): FieldError[] {
  return Object.entries(map ?? {})
    .filter(([, value]) => !isQuantity(value))
    .map(([key, value]) => invalid(keyPath(field, key), value, QUANTITY));
}

const QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

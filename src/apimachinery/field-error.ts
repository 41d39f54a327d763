/** The causes that the API reports for one field (`Status.details.causes[].reason`). */
export type FieldErrorType =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueDuplicate'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'FieldValueNotFound'
  | 'InternalError';

/** One thing that is wrong with one field. `message` is without the path, as clients expect it in a cause. */
export interface FieldError {
  readonly type: FieldErrorType;
  /** e.g. `spec.containers[0].name` */
  readonly field: string;
  readonly message: string;
}

/** `Required value`, with `detail` behind a colon. */
export function required(field: string, detail = ''): FieldError {
  return { type: 'FieldValueRequired', field, message: `Required value${detail && `: ${detail}`}` };
}

/** `Invalid value: "x": detail` */
export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field, message: `Invalid value: ${show(value)}: ${detail}` };
}

/** `Unsupported value: "x": supported values: "A", "B"` */
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((s) => JSON.stringify(s)).join(', ');
  return {
    type: 'FieldValueNotSupported',
    field,
    message: `Unsupported value: ${show(value)}: supported values: ${list}`,
  };
}

/** `Forbidden: detail` */
export function forbidden(field: string, detail: string): FieldError {
  return { type: 'FieldValueForbidden', field, message: `Forbidden: ${detail}` };
}

/** `Duplicate value: "x"` */
export function duplicate(field: string, value: unknown): FieldError {
  return { type: 'FieldValueDuplicate', field, message: `Duplicate value: ${show(value)}` };
}

/** `Too long: may not be more than N bytes` */
export function tooLong(field: string, max: number): FieldError {
  return { type: 'FieldValueTooLong', field, message: `Too long: may not be more than ${max} bytes` };
}

/** `Too many: 5: must have at most 3 items` */
export function tooMany(field: string, actual: number, max: number): FieldError {
  const items = max === 1 ? 'item' : 'items';
  return { type: 'FieldValueTooMany', field, message: `Too many: ${actual}: must have at most ${max} ${items}` };
}

/** `Invalid value: detail`, where the value would say nothing. */
export function invalidWhole(field: string, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field, message: `Invalid value: ${detail}` };
}

/** `Not found: "x"`, with `detail` behind a colon. */
export function notFoundField(field: string, value: unknown, detail = ''): FieldError {
  return { type: 'FieldValueNotFound', field, message: `Not found: ${show(value)}${detail && `: ${detail}`}` };
}

/** More errors of one object than this are told to nobody: no one reads them, and each takes time and room. */
export const MOST_ERRORS = 1000;

/** The errors of the items of a list, one after the other, until there are enough. */
export function errorsOfItems<T>(items: readonly T[], check: (item: T, index: number) => FieldError[]): FieldError[] {
  const errors: FieldError[] = [];
  for (let i = 0; i < items.length && errors.length <= MOST_ERRORS; i++) errors.push(...check(items[i]!, i));
  return errors;
}

/** Joins path parts: `path('spec', 'containers', 0, 'name')` is `spec.containers[0].name`; a key is `['a.b/c']`-safe. */
export function path(...parts: (string | number)[]): string {
  let out = '';
  for (const part of parts) {
    if (typeof part === 'number') out += `[${part}]`;
    else if (part) out += out ? `.${part}` : part;
  }
  return out;
}

/** A map entry's path: `metadata.labels[app]`. */
export function keyPath(parent: string, key: string): string {
  return `${parent}[${key}]`;
}

/** A value as upstream's messages quote it. */
function show(value: unknown): string {
  if (value === undefined) return 'null';
  return JSON.stringify(value);
}

import { invalid, type FieldError } from '../../apimachinery/field-error.ts';

const MODE = 'must be a number between 0 and 0777 (octal), both inclusive';

/** The permission bits of a file in a volume. Absent is fine. */
export function validateMode(field: string, mode: number | undefined): FieldError[] {
  return mode === undefined || (mode >= 0 && mode <= 0o777) ? [] : [invalid(field, mode, MODE)];
}

/** A path inside a volume: relative, and never upwards. */
export function relativePath(field: string, value: string): FieldError[] {
  const errors = value.startsWith('/') ? [invalid(field, value, 'must be a relative path')] : [];
  return [...errors, ...noBackSteps(field, value)];
}

/** `relativePath` of a file that the kubelet writes: names that begin with `..` are the kubelet's own. */
export function writtenPath(field: string, value: string): FieldError[] {
  const errors = relativePath(field, value);
  const reserved = value.startsWith('..') && !value.startsWith('../');
  return reserved ? [...errors, invalid(field, value, "must not start with '..'")] : errors;
}

/** A path that never goes up. */
export function noBackSteps(field: string, value: string): FieldError[] {
  return value.split('/').includes('..') ? [invalid(field, value, "must not contain '..'")] : [];
}

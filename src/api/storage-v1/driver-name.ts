import { required, tooLong, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Subdomain } from '../../apimachinery/names.ts';
import { checked } from '../meta-v1/checks.ts';

const LONGEST = 63;

/** The rules of the name of a storage driver: a domain of at most 63 characters, whatever its case. None is told as both. */
export function driverName(field: string, name = ''): FieldError[] {
  const errors = name === '' ? [required(field)] : name.length > LONGEST ? [tooLong(field, LONGEST)] : [];
  return [...errors, ...checked(field, name, (value) => dns1123Subdomain(value.toLowerCase()))];
}

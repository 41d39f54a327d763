import {
  duplicate,
  invalid,
  path,
  required,
  tooLong,
  tooMany,
  type FieldError,
} from '../../apimachinery/field-error.ts';
import { dns1123Label, dns1123Subdomain } from '../../apimachinery/names.ts';
import { checked, requiredText } from '../meta-v1/checks.ts';

const LONGEST = { driver: 63, pool: 253, identifier: 32 };
const IDENTIFIER = '[A-Za-z_][A-Za-z0-9_]*';
const identifierPattern = new RegExp(`^${IDENTIFIER}$`);

/** The rules of the name of a driver: a domain of at most 63 characters. */
export function driverName(field: string, name: string | undefined): FieldError[] {
  if (!name) return [required(field)];
  const errors = name.length > LONGEST.driver ? [tooLong(field, LONGEST.driver)] : [];
  return [...errors, ...checked(field, name, (value) => dns1123Subdomain(value.toLowerCase()))];
}

/** The rules of the name of a pool: domains with slashes between. */
export function poolName(field: string, name: string | undefined): FieldError[] {
  if (!name) return [required(field)];
  const errors = name.length > LONGEST.pool ? [tooLong(field, LONGEST.pool)] : [];
  return [...errors, ...name.split('/').flatMap((part) => checked(field, part, dns1123Subdomain))];
}

/** The rules of names of devices, requests, counters and sets of them. */
export function deviceName(field: string, name: string | undefined): FieldError[] {
  return requiredText(field, name, dns1123Label);
}

/** The rules of names of attributes and capacities: an identifier, perhaps with a domain before it. */
export function attributeName(field: string, name: string, qualified = false): FieldError[] {
  if (name === '') return [required(field, 'name required')];
  const [first = '', second, ...more] = name.split('/');
  if (second === undefined) {
    return qualified
      ? [invalid(field, name, 'a fully qualified name must be a domain and a name separated by a slash')]
      : identifier(field, first);
  }
  if (more.length > 0) return [invalid(field, name, 'must be a domain and a name separated by a slash')];
  return [
    ...(first === '' ? [required(field, 'the domain must not be empty')] : driverName(field, first)),
    ...(second === '' ? [required(field, 'the name must not be empty')] : identifier(field, second)),
  ];
}

function identifier(field: string, name: string): FieldError[] {
  const errors = name.length > LONGEST.identifier ? [tooLong(field, LONGEST.identifier)] : [];
  if (identifierPattern.test(name)) return errors;
  const rule =
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' " +
    `(e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '${IDENTIFIER}')`;
  return [...errors, invalid(field, name, rule)];
}

/** The rules of a list that is not too long, whose items each are sound. */
export function bounded<T>(
  field: string,
  list: readonly T[] | undefined,
  most: number,
  check: (item: T, at: string) => FieldError[],
): FieldError[] {
  const items = list ?? [];
  return [
    ...items.flatMap((item, i) => check(item, path(field, i))),
    ...(items.length > most ? [tooMany(field, items.length, most)] : []),
  ];
}

/** The same, where each item is there once, by its key; `name` is the field that says it. */
export function boundedSet<T>(
  field: string,
  list: readonly T[] | undefined,
  most: number,
  check: (item: T, at: string) => FieldError[],
  keyOf: (item: T) => string,
  name = '',
): FieldError[] {
  const seen = new Set<string>();
  return bounded(field, list, most, (item, at) => {
    const key = keyOf(item);
    const again = seen.has(key) ? [duplicate(name ? path(at, name) : at, key)] : [];
    seen.add(key);
    return [...check(item, at), ...again];
  });
}

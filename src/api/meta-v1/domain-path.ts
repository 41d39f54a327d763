import { invalid, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Subdomain } from '../../apimachinery/names.ts';
import { checked } from './checks.ts';

const PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const pathPattern = new RegExp(`^${PATH}$`);

/** The rules of `acme.io/foo`: a domain, a slash, and a path. */
export function domainPrefixedPath(field: string, value: string | undefined): FieldError[] {
  if (!value) return [required(field)];
  const slash = value.indexOf('/');
  if (slash <= 0 || slash === value.length - 1) {
    return [invalid(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const errors = checked(field, value.slice(0, slash), dns1123Subdomain);
  const rest = value.slice(slash + 1);
  if (pathPattern.test(rest)) return errors;
  return [...errors, invalid(field, rest, `Invalid path (regex used for validation is '${PATH}')`)];
}

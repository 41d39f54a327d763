import { invalid, required, tooLong, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Subdomain } from '../../apimachinery/names.ts';

const LONGEST_DOMAIN = 253;
const LONGEST_NAME = 571;

/** The rules of the name of a signer: a domain of at least two parts, a slash, and a path of dotted labels. */
export function validateSignerName(field: string, name: string | undefined): FieldError[] {
  if (!name) return [required(field)];
  const [domain = '', signer = '', ...more] = name.split('/');
  if (!name.includes('/') || more.length > 0) {
    const detail = 'must be a fully qualified domain and path of the form "example.com/signer-name"';
    return [invalid(field, name, detail)];
  }
  const errors = dns1123Subdomain(domain).map((detail) =>
    invalid(field, domain, `validating label ${JSON.stringify(domain)}: ${detail}`),
  );
  if (errors.length === 0 && !domain.includes('.')) {
    errors.push(invalid(field, domain, 'should be a domain with at least two segments separated by dots'));
  }
  for (const detail of dns1123Subdomain(signer)) {
    errors.push(invalid(field, signer, `validating label ${JSON.stringify(signer)}: ${detail}`));
  }
  if (domain.length > LONGEST_DOMAIN) errors.push(tooLong(field, LONGEST_DOMAIN));
  return name.length > LONGEST_NAME ? [...errors, tooLong(field, LONGEST_NAME)] : errors;
}

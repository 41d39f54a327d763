const WILDCARD = '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const wildcardPattern = new RegExp(`^${WILDCARD}$`);

/** A domain whose first label stands for any: at most 253 characters. */
export function wildcardSubdomain(value: string): string[] {
  const errors = value.length > 253 ? ['must be no more than 253 bytes'] : [];
  if (value.length <= 1000 && wildcardPattern.test(value)) return errors;
  const rule =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of " +
    "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
  return [...errors, `${rule} (e.g. '*.example.com', regex used for validation is '${WILDCARD}')`];
}

/**
 * The rules for names and label parts. Each check returns what is wrong in the words that clients know, or an empty
 * list. All expressions are linear, and lengths are checked first.
 */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';

const labelPattern = new RegExp(`^${LABEL}$`);
const subdomainPattern = new RegExp(`^${SUBDOMAIN}$`);
const label1035Pattern = new RegExp(`^${LABEL_1035}$`);
const qualifiedPattern = new RegExp(`^${QUALIFIED}$`);
const labelValuePattern = new RegExp(`^${LABEL_VALUE}$`);

const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const LABEL_1035_RULE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const QUALIFIED_RULE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const LABEL_VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/** Names of most objects: at most 253 characters of dot-separated labels. */
export function dns1123Subdomain(value: string): string[] {
  return check(value, 253, subdomainPattern, () => explain(SUBDOMAIN_RULE, SUBDOMAIN, 'example.com'));
}

/** Names of namespaces and containers: at most 63 characters. */
export function dns1123Label(value: string): string[] {
  return check(value, 63, labelPattern, () =>
    value.length <= 253 && subdomainPattern.test(value)
      ? 'must not contain dots'
      : explain(LABEL_RULE, LABEL, 'my-name', '123-abc'),
  );
}

/** Names of services: a label that begins with a letter. */
export function dns1035Label(value: string): string[] {
  return check(value, 63, label1035Pattern, () => explain(LABEL_1035_RULE, LABEL_1035, 'my-name', 'abc-123'));
}

/** Keys of labels and annotations, resource names, finalizers: `name` or `prefix/name`. */
export function qualifiedName(value: string): string[] {
  const slash = value.indexOf('/');
  if (slash !== value.lastIndexOf('/')) {
    const rule = explain(`a qualified name ${QUALIFIED_RULE}`, QUALIFIED, 'MyName', 'my.name', '123-abc');
    return [`${rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const errors: string[] = [];
  if (slash === 0) errors.push('prefix part must be non-empty');
  else if (slash > 0) errors.push(...dns1123Subdomain(value.slice(0, slash)).map((e) => `prefix part ${e}`));
  const name = value.slice(slash + 1);
  if (name === '') errors.push('name part must be non-empty');
  const rest = check(name, 63, qualifiedPattern, () =>
    explain(QUALIFIED_RULE, QUALIFIED, 'MyName', 'my.name', '123-abc'),
  );
  return [...errors, ...rest.map((e) => `name part ${e}`)];
}

/** Values of labels: at most 63 characters, or nothing. */
export function labelValue(value: string): string[] {
  return check(value, 63, labelValuePattern, () =>
    explain(LABEL_VALUE_RULE, LABEL_VALUE, 'MyValue', 'my_value', '12345'),
  );
}

/** Keys of ConfigMaps and Secrets: they become file names. */
export function configMapKey(value: string): string[] {
  const rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
  const errors = check(value, 253, /^[-._a-zA-Z0-9]+$/, () =>
    explain(rule, '[-._a-zA-Z0-9]+', 'key.name', 'KEY_NAME', 'key-name'),
  );
  if (value === '.') errors.push(`must not be '.'`);
  else if (value === '..') errors.push(`must not be '..'`);
  else if (value.startsWith('..')) errors.push(`must not start with '..'`);
  return errors;
}

/** Names of environment variables: any printable ASCII but `=`. */
export function envVarName(value: string): string[] {
  if (value === '') return ['environment variable name must be non-empty'];
  if (/^[ -<>-~]+$/.test(value)) return [];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** Names of ports: at most 15 lower-case letters, digits and single hyphens, with a letter among them. */
export function portName(value: string): string[] {
  const errors: string[] = [];
  if (value.length > 15) errors.push('must be no more than 15 bytes');
  if (!/^[-a-z0-9]+$/.test(value)) {
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

/** What every name must satisfy to stand in a URL's path (RBAC roles allow anything else). */
export function pathSegmentName(value: string): string[] {
  if (value === '.') return [`may not be '.'`];
  if (value === '..') return [`may not be '..'`];
  return ['/', '%'].filter((c) => value.includes(c)).map((c) => `may not contain '${c}'`);
}

/** A port number. */
export function portNumber(value: number): string[] {
  return Number.isInteger(value) && value >= 1 && value <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];
}

/** A check applied to what `generateName` gives before the random suffix is added: a hyphen may come last. */
export function prefixCheck(check: (name: string) => string[]): (prefix: string) => string[] {
  return (prefix) => check(prefix.endsWith('-') ? `${prefix.slice(0, -1)}a` : prefix);
}

function check(value: string, max: number, pattern: RegExp, rule: () => string): string[] {
  const errors: string[] = [];
  if (value.length > max) errors.push(`must be no more than ${max} bytes`);
  if (!pattern.test(value)) errors.push(rule());
  return errors;
}

function explain(rule: string, pattern: string, ...examples: string[]): string {
  const list = examples.map((e) => `'${e}', `).join(' or ');
  return `${rule} (e.g. ${list}regex used for validation is '${pattern}')`;
}

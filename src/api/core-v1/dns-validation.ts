import { invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { checked } from '../meta-v1/checks.ts';
import { isIp, IP_RULE } from './ip.ts';
import type { PodSpec } from './pod-spec.ts';

type DnsConfig = NonNullable<PodSpec['dnsConfig']>;

/** What the resolvers of all systems can still take. */
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_TEXT = 2048;

/** The rules of `spec.dnsConfig`: with the policy `None` it must name a server. */
export function validateDnsConfig(spec: PodSpec, field: string): FieldError[] {
  const config = spec.dnsConfig;
  if (!config) {
    return spec.dnsPolicy === 'None' ? [required(field, 'must provide `dnsConfig` when `dnsPolicy` is None')] : [];
  }
  const errors: FieldError[] = [];
  if (spec.dnsPolicy === 'None' && !config.nameservers?.length) {
    const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
    errors.push(required(path(field, 'nameservers'), detail));
  }
  return [
    ...errors,
    ...validateNameservers(config.nameservers ?? [], path(field, 'nameservers')),
    ...validateSearches(config.searches ?? [], path(field, 'searches')),
    ...validateOptions(config.options ?? [], path(field, 'options')),
  ];
}

function validateNameservers(servers: readonly string[], field: string): FieldError[] {
  const tooMany = servers.length > MAX_NAMESERVERS;
  return [
    ...(tooMany ? [invalid(field, servers, `must not have more than ${MAX_NAMESERVERS} nameservers`)] : []),
    ...servers.flatMap((server, i) => (isIp(server) ? [] : [invalid(path(field, i), server, IP_RULE)])),
  ];
}

function validateSearches(searches: readonly string[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (searches.length > MAX_SEARCHES) {
    errors.push(invalid(field, searches, `must not have more than ${MAX_SEARCHES} search paths`));
  }
  if (searches.join(' ').length > MAX_SEARCH_TEXT) {
    const detail = `must not have more than ${MAX_SEARCH_TEXT} characters (including spaces) in the search list`;
    errors.push(invalid(field, searches, detail));
  }
  const names = searches.flatMap((name, i) =>
    name === '.' ? [] : checked(path(field, i), name.replace(/\.$/, ''), subdomainWithUnderscores),
  );
  return [...errors, ...names];
}

function validateOptions(options: NonNullable<DnsConfig['options']>, field: string): FieldError[] {
  return options.flatMap((option, i) => (option.name ? [] : [required(path(field, i), 'must not be empty')]));
}

const LABEL = '[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?';
const labelPattern = new RegExp(`^${LABEL}$`);
const RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character or '_'";

/** Names of services (`_tcp`) begin with an underscore, so search paths may too. */
function subdomainWithUnderscores(value: string): string[] {
  const errors = value.length > 253 ? ['must be no more than 253 bytes'] : [];
  if (value.length <= 253 && value.split('.').every((label) => labelPattern.test(label))) return errors;
  return [...errors, `${RULE} (e.g. 'example.com', regex used for validation is '${LABEL}(\\.${LABEL})*')`];
}

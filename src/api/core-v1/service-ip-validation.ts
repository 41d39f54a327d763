import { duplicate, invalid, required, type FieldError } from '../../apimachinery/field-error.ts';
import { oneOf, repeats } from '../meta-v1/checks.ts';
import { ipFamily, IP_RULE, isIp } from './ip.ts';
import type { Service, ServiceSpec } from './service-type.ts';

const FAMILIES = ['IPv4', 'IPv6'];
const POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const NO_CHANGE = 'may not change once set';

/** The rules of cluster IPs, families and family policy, which belong together. */
export function validateClusterIps(spec: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const errors = [
    ...validateFamilies(spec.ipFamilies ?? []),
    ...oneOf('spec.ipFamilyPolicy', spec.ipFamilyPolicy, POLICIES),
    ...validateFirst(spec),
  ];
  const wrong = validateAddresses(spec.clusterIPs ?? []);
  if (wrong.length > 0) return [...errors, ...wrong];
  return [...errors, ...validateStacks(spec)];
}

function validateFamilies(families: readonly string[]): FieldError[] {
  const again = repeats(families);
  return families.flatMap((family, i) => {
    const field = `spec.ipFamilies[${i}]`;
    const errors = oneOf(field, family, FAMILIES);
    return again(i) ? [...errors, duplicate(field, family)] : errors;
  });
}

/** `clusterIP` is the first of `clusterIPs`. */
function validateFirst({ clusterIP, clusterIPs = [] }: ServiceSpec): FieldError[] {
  const field = 'spec.clusterIPs';
  if (!clusterIP) {
    return clusterIPs.length > 0 ? [invalid(field, clusterIPs, 'must be empty when `clusterIP` is not specified')] : [];
  }
  if (clusterIPs.length === 0) return [required(field)];
  return clusterIPs[0] === clusterIP ? [] : [invalid(field, clusterIPs, 'first value must match `clusterIP`')];
}

function validateAddresses(ips: readonly string[]): FieldError[] {
  const again = repeats(ips);
  const errors = ips.flatMap((ip, i) => {
    const field = `spec.clusterIPs[${i}]`;
    if (ip === 'None' && i === 0) {
      return ips.length > 1 ? [invalid('spec.clusterIPs', ips, "'None' must be the first and only value")] : [];
    }
    const wrong = isIp(ip) ? [] : [invalid(field, ip, IP_RULE)];
    return again(i) ? [...wrong, duplicate(field, ip)] : wrong;
  });
  return ips.length > 2 ? [...errors, invalid('spec.clusterIPs', ips, 'may only hold up to 2 values')] : errors;
}

/** One address of each family, in the order of the families. */
function validateStacks({ clusterIPs: ips = [], ipFamilies: families = [] }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const addresses = ips.filter((ip) => ip !== 'None');
  if (addresses.length > 1 && new Set(addresses.map(ipFamily)).size < 2) {
    errors.push(invalid('spec.clusterIPs', ips, 'may specify no more than one IP for each IP family'));
  }
  addresses.forEach((ip, i) => {
    if (!families[i] || ipFamily(ip) === families[i]) return;
    const detail = `expected an ${families[i]} value as indicated by \`ipFamilies[${i}]\``;
    errors.push(invalid(`spec.clusterIPs[${i}]`, ip, detail));
  });
  return errors;
}

/** The first address and family of a service that keeps having them stay; a second one may come and go. */
export function validateClusterIpChange(service: Service, old: Service): FieldError[] {
  const [now, before] = [service.spec ?? {}, old.spec ?? {}];
  if (now.type === 'ExternalName' || before.type === 'ExternalName') return [];
  return [
    ...unchanged(now.clusterIPs ?? [], before.clusterIPs ?? [], 'spec.clusterIPs', 'clusterIP'),
    ...unchanged(now.ipFamilies ?? [], before.ipFamilies ?? [], 'spec.ipFamilies', 'ipFamily'),
  ];
}

function unchanged(now: readonly string[], before: readonly string[], field: string, what: string): FieldError[] {
  if (before.length > 0 && now.length === 0) return [invalid(`${field}[0]`, now, `primary ${what} can not be unset`)];
  return before.flatMap((value, i) =>
    now[i] === undefined || now[i] === value ? [] : [invalid(`${field}[${i}]`, now, NO_CHANGE)],
  );
}

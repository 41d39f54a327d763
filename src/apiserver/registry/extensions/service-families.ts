import { ipFamily, type IpFamily } from '../../../apimachinery/ip-address.ts';
import type { Service, ServiceSpec } from '../../../api/core-v1/service.ts';
import { invalid, type FieldError } from '../../../apimachinery/field-error.ts';
import { equalJson } from '../../../apimachinery/json-value.ts';

/**
 * Settles `ipFamilyPolicy` and `ipFamilies` of a service by what it says, what it said before, and which families the
 * cluster has, the first of which is the usual one.
 * @returns what is wrong; then the service is to be refused
 */
export function settleFamilies(service: Service, old: Service | undefined, cluster: readonly IpFamily[]): FieldError[] {
  const spec = service.spec!;
  const before = old?.spec;
  if (spec.type === 'ExternalName' || staysPreferred(spec, before)) return [];
  settlePolicy(spec, before);
  if (before) dropSecond(spec, before);
  const errors = [...checkPolicy(spec), ...inferFamilies(spec, cluster)];
  if (errors.length > 0) return errors;
  return isForeign(spec) ? settleForeign(spec, cluster) : settleOwn(spec, cluster);
}

/** A service of `PreferDualStack` is not changed by the way when the cluster has gained or lost a family. */
function staysPreferred(spec: ServiceSpec, before: ServiceSpec | undefined): boolean {
  return (
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    before?.ipFamilyPolicy === 'PreferDualStack' &&
    equalJson(spec.clusterIPs ?? [], before.clusterIPs ?? []) &&
    equalJson(spec.ipFamilies ?? [], before.ipFamilies ?? [])
  );
}

function settlePolicy(spec: ServiceSpec, before: ServiceSpec | undefined): void {
  spec.ipFamilyPolicy ??= before?.ipFamilyPolicy ?? (isForeign(spec) ? 'RequireDualStack' : 'SingleStack');
}

/** Headless and without a selector: somebody else makes its endpoints, of whichever family. */
function isForeign({ clusterIP, selector }: ServiceSpec): boolean {
  return clusterIP === 'None' && Object.keys(selector ?? {}).length === 0;
}

/** A service that becomes single-stack, and says nothing else, loses what is second. */
function dropSecond(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.ipFamilyPolicy !== 'SingleStack' || (before.ipFamilyPolicy ?? 'SingleStack') === 'SingleStack') return;
  if ((spec.clusterIPs?.length ?? 0) > 1 && equalJson(spec.clusterIPs, before.clusterIPs)) {
    spec.clusterIPs = spec.clusterIPs!.slice(0, 1);
  }
  if ((spec.ipFamilies?.length ?? 0) > 1 && equalJson(spec.ipFamilies, before.ipFamilies)) {
    spec.ipFamilies = spec.ipFamilies!.slice(0, 1);
  }
}

function checkPolicy(spec: ServiceSpec): FieldError[] {
  if (spec.ipFamilyPolicy !== 'SingleStack') return [];
  const why = (what: string) =>
    invalid(
      'spec.ipFamilyPolicy',
      spec.ipFamilyPolicy,
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    );
  return [
    ...((spec.clusterIPs?.length ?? 0) > 1 ? [why('cluster IPs')] : []),
    ...((spec.ipFamilies?.length ?? 0) > 1 ? [why('IP families')] : []),
  ];
}

/** Addresses that are asked for tell their families. */
function inferFamilies(spec: ServiceSpec, cluster: readonly IpFamily[]): FieldError[] {
  const ips = spec.clusterIPs ?? [];
  const errors: FieldError[] = [];
  const families = [...(spec.ipFamilies ?? [])];
  for (const [i, ip] of ips.entries()) {
    if (ip === 'None') break;
    const family = ipFamily(ip);
    const told = families[i];
    if (told && told !== family) {
      const detail = `expected an ${told} value as indicated by \`ipFamilies[${i}]\``;
      errors.push(invalid(`spec.clusterIPs[${i}]`, ips, detail));
    } else if (!told && !cluster.includes(family)) {
      errors.push(invalid(`spec.clusterIPs[${i}]`, ips, `${family} is not configured on this cluster`));
    } else if (!told) families.push(family);
  }
  if (families.length > 0) spec.ipFamilies = families;
  return errors;
}

function settleForeign(spec: ServiceSpec, cluster: readonly IpFamily[]): FieldError[] {
  const families = spec.ipFamilies?.length ? [...spec.ipFamilies] : [cluster[0]!];
  if (spec.ipFamilyPolicy !== 'SingleStack' && families.length === 1) families.push(otherThan(families[0]!));
  spec.ipFamilies = families;
  return [];
}

function settleOwn(spec: ServiceSpec, cluster: readonly IpFamily[]): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.ipFamilyPolicy === 'RequireDualStack' && cluster.length < 2) {
    const detail = 'this cluster is not configured for dual-stack services';
    errors.push(invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, detail));
  }
  for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
    if (!cluster.includes(family as IpFamily)) {
      errors.push(invalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster'));
    }
  }
  if (errors.length > 0) return errors;
  const families = spec.ipFamilies?.length ? [...spec.ipFamilies] : [cluster[0]!];
  const wantsBoth = spec.ipFamilyPolicy !== 'SingleStack' && cluster.length === 2;
  if (wantsBoth && families.length === 1) families.push(otherThan(families[0]!));
  spec.ipFamilies = families;
  return [];
}

function otherThan(family: string): IpFamily {
  return family === 'IPv4' ? 'IPv6' : 'IPv4';
}

import { cidrWarnings, ipWarnings } from './ip-warnings.ts';
import type { Service } from './service-type.ts';

const OLD_HINTS = 'service.kubernetes.io/topology-aware-hints';

/** What the writer of a service is told. */
export function serviceWarnings(service: Service): string[] {
  const spec = service.spec ?? {};
  const warnings: string[] = [];
  if (service.metadata.annotations?.[OLD_HINTS] !== undefined) {
    warnings.push(`annotation ${OLD_HINTS} is deprecated, please use service.kubernetes.io/topology-mode instead`);
  }
  if (spec.externalIPs?.length) warnings.push('spec.externalIPs is deprecated');
  if (spec.clusterIP === 'None') warnings.push(...headlessWarnings(spec));
  for (const list of ['clusterIPs', 'externalIPs'] as const) {
    (spec[list] ?? []).forEach((ip, i) => warnings.push(...ipWarnings(`spec.${list}[${i}]`, ip)));
  }
  if (spec.loadBalancerIP) warnings.push(...ipWarnings('spec.loadBalancerIP', spec.loadBalancerIP));
  (spec.loadBalancerSourceRanges ?? []).forEach((range, i) =>
    warnings.push(...cidrWarnings(`spec.loadBalancerSourceRanges[${i}]`, range.trim())),
  );
  const named = spec.type === 'ExternalName';
  if (named && spec.externalIPs?.length) {
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  }
  if (!named && spec.externalName) warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  return warnings;
}

function headlessWarnings(spec: NonNullable<Service['spec']>): string[] {
  const ignored: string[] = [];
  if (spec.loadBalancerIP) ignored.push('loadBalancerIP');
  if (spec.externalIPs?.length) ignored.push('externalIPs');
  if (spec.sessionAffinity && spec.sessionAffinity !== 'None') ignored.push('SessionAffinity');
  return ignored.map((field) => `spec.${field} is ignored for headless services`);
}

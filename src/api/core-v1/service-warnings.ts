import { isIPv4, SocketAddress } from 'node:net';
import { isIp } from './ip.ts';
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
    (spec[list] ?? []).forEach((ip, i) => warnings.push(...addressWarnings(`spec.${list}[${i}]`, ip)));
  }
  if (spec.loadBalancerIP) warnings.push(...addressWarnings('spec.loadBalancerIP', spec.loadBalancerIP));
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

/** IPv6 addresses have one shortest form (RFC 5952); other programs may take another form for another address. */
function addressWarnings(field: string, ip: string): string[] {
  if (!isIp(ip) || isIPv4(ip)) return [];
  const { address } = new SocketAddress({ address: ip, family: 'ipv6' });
  if (address === ip) return [];
  return [`${field}: IPv6 address "${ip}" should be in RFC 5952 canonical format ("${address}")`];
}

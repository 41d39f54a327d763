import type { Service } from '../api/core-v1/service.ts';
import { keyOf } from '../apimachinery/object.ts';

/**
 * The ports of ours that never see a connection, because a load balancer sends those to the address and port elsewhere.
 * @returns port to the key of the Service that has it
 */
export function shadowedPorts(
  services: readonly Service[],
  addresses: readonly string[],
  ports: readonly number[],
): Map<number, string> {
  const out = new Map<number, string>();
  for (const service of services) {
    if (service.spec?.type !== 'LoadBalancer') continue;
    const given = service.status?.loadBalancer?.ingress ?? [];
    if (!given.some(({ ip, ipMode }) => ip && ipMode !== 'Proxy' && addresses.includes(ip))) continue;
    for (const { port, protocol = 'TCP' } of service.spec.ports ?? []) {
      if (protocol === 'TCP' && ports.includes(port)) out.set(port, keyOf(service));
    }
  }
  return out;
}

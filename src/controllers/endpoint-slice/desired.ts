import { isIPv6 } from 'node:net';
import type { Node } from '../../api/core-v1/node.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import type { Service } from '../../api/core-v1/service.ts';
import type { EndpointSlice } from '../../api/discovery-v1/endpoint-slice.ts';
import { addressesOf, hostnameOf, readinessOf, targetPortsOf, targetRefOf, type TargetPort } from '../service-pods.ts';
import { zoneOf } from './zones.ts';

export type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];
export type AddressType = 'IPv4' | 'IPv6';

/** Endpoints that share one list of ports, and so may share slices. */
export interface EndpointGroup {
  readonly addressType: AddressType;
  readonly ports: readonly TargetPort[];
  readonly endpoints: readonly Endpoint[];
}

/** The address families for which a service has slices. */
export function addressTypesOf(service: Service): AddressType[] {
  const families = (service.spec?.ipFamilies ?? []).filter((family) => family === 'IPv4' || family === 'IPv6');
  if (families.length > 0) return families;
  const { clusterIP } = service.spec ?? {};
  return clusterIP && clusterIP !== 'None' && isIPv6(clusterIP) ? ['IPv6'] : ['IPv4'];
}

/** What the slices of a service should hold, one group for each family and list of ports that pods serve. */
export function desiredGroups(
  service: Service,
  pods: readonly Pod[],
  nodeOf: (name: string) => Node | undefined,
): EndpointGroup[] {
  return addressTypesOf(service).flatMap((addressType) => groupsOfFamily(service, pods, addressType, nodeOf));
}

function groupsOfFamily(
  service: Service,
  pods: readonly Pod[],
  addressType: AddressType,
  nodeOf: (name: string) => Node | undefined,
): EndpointGroup[] {
  const groups = new Map<string, EndpointGroup & { endpoints: Endpoint[] }>();
  for (const pod of pods) {
    const addresses = addressesOf(pod).filter((ip) => isIPv6(ip) === (addressType === 'IPv6'));
    if (addresses.length === 0) continue;
    const ports = targetPortsOf(pod, service);
    if (ports.length === 0 && (service.spec?.ports ?? []).length > 0) continue;
    const group = groups.get(portsKey(ports)) ?? { addressType, ports, endpoints: [] };
    groups.set(portsKey(ports), group);
    group.endpoints.push(endpointOf(pod, service, addresses, nodeOf));
  }
  return [...groups.values()];
}

/** The same for lists of the same ports in whatever order. */
export function portsKey(ports: readonly Partial<TargetPort>[]): string {
  const texts = ports.map(({ name, port, protocol, appProtocol }) =>
    JSON.stringify([name ?? '', port ?? 0, protocol ?? 'TCP', appProtocol ?? '']),
  );
  return texts.sort().join();
}

function endpointOf(
  pod: Pod,
  service: Service,
  addresses: string[],
  nodeOf: (name: string) => Node | undefined,
): Endpoint {
  const nodeName = pod.spec?.nodeName;
  const zone = nodeName && zoneOf(nodeOf(nodeName));
  const hostname = hostnameOf(pod, service);
  return {
    addresses,
    conditions: readinessOf(pod, service),
    targetRef: targetRefOf(pod),
    ...(nodeName && { nodeName }),
    ...(zone && { zone }),
    ...(hostname && { hostname }),
  };
}

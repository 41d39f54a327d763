import { isIPv6 } from 'node:net';
import type { Endpoints } from '../../api/core-v1/endpoints.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import type { Service } from '../../api/core-v1/service.ts';
import type { New } from '../../apimachinery/object.ts';
import {
  addressesOf,
  hostnameOf,
  isHeadless,
  readinessOf,
  targetPortOf,
  targetRefOf,
  type TargetPort,
} from '../service-pods.ts';

type Subset = NonNullable<Endpoints['subsets']>[number];
type Address = NonNullable<Subset['addresses']>[number];

/** Who keeps an Endpoints object, and that it is us. */
export const managedByLabel = 'endpoints.kubernetes.io/managed-by';
export const managedBy = 'endpoint-controller';
const headlessLabel = 'service.kubernetes.io/headless';
const overCapacity = 'endpoints.kubernetes.io/over-capacity';
/** At most so many addresses stand in one Endpoints object. */
const MAX_ADDRESSES = 1000;

/** The Endpoints that a service with these pods should have; `current` gives what is not ours to decide. */
export function desiredEndpoints(
  service: Service,
  pods: readonly Pod[],
  current: Endpoints | undefined,
  max = MAX_ADDRESSES,
): New<Endpoints> {
  const { subsets, truncated } = capped(subsetsOf(service, pods), max);
  const { [overCapacity]: _, ...annotations } = current?.metadata.annotations ?? {};
  const { [headlessLabel]: __, ...labels } = service.metadata.labels ?? {};
  const { name, namespace } = service.metadata;
  return {
    metadata: {
      ...(current?.metadata ?? { name, namespace: namespace! }),
      labels: { ...labels, ...(isHeadless(service) && { [headlessLabel]: '' }), [managedByLabel]: managedBy },
      annotations: { ...annotations, ...(truncated && { [overCapacity]: 'truncated' }) },
    },
    subsets,
  };
}

/** Pods with the same ports share a subset; subsets, addresses and ports come in a fixed order. */
function subsetsOf(service: Service, pods: readonly Pod[]): Subset[] {
  const byPorts = new Map<string, { ports: TargetPort[]; ready: Address[]; waiting: Address[] }>();
  for (const pod of pods) {
    const { ready, terminating } = readinessOf(pod, service);
    if (terminating && !service.spec?.publishNotReadyAddresses) continue;
    const address = addressOf(pod, service);
    const ports = portsOf(pod, service);
    if (!address || !ports) continue;
    const key = JSON.stringify(ports);
    const group = byPorts.get(key) ?? { ports, ready: [], waiting: [] };
    byPorts.set(key, group);
    (ready ? group.ready : group.waiting).push(address);
  }
  const keys = [...byPorts.keys()].sort();
  return keys.map((key) => subset(byPorts.get(key)!));
}

function subset({ ports, ready, waiting }: { ports: TargetPort[]; ready: Address[]; waiting: Address[] }): Subset {
  const byIp = (a: Address, b: Address) => (a.ip < b.ip ? -1 : 1);
  return {
    ...(ready.length > 0 && { addresses: ready.sort(byIp) }),
    ...(waiting.length > 0 && { notReadyAddresses: waiting.sort(byIp) }),
    ...(ports.length > 0 && { ports: ports.map(endpointPort) }),
  };
}

function endpointPort({ name, ...rest }: TargetPort) {
  return { ...(name && { name }), ...rest };
}

/** Undefined when the service has ports and the pod serves none of them. */
function portsOf(pod: Pod, service: Service): TargetPort[] | undefined {
  const all = service.spec?.ports ?? [];
  const found = all.map((port) => targetPortOf(pod, port)).filter((port) => port !== undefined);
  if (all.length > 0 && found.length === 0) return undefined;
  return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.port - b.port));
}

/** The pod's address of the service's first family. */
function addressOf(pod: Pod, service: Service): Address | undefined {
  const six = service.spec?.ipFamilies?.[0] === 'IPv6';
  const ip = addressesOf(pod).find((address) => isIPv6(address) === six);
  if (!ip) return undefined;
  const hostname = hostnameOf(pod, service);
  const nodeName = pod.spec?.nodeName;
  return { ip, targetRef: targetRefOf(pod), ...(nodeName && { nodeName }), ...(hostname && { hostname }) };
}

/** Keeps at most `max` addresses, ready ones first. */
function capped(subsets: Subset[], max: number): { subsets: Subset[]; truncated: boolean } {
  const count = (field: 'addresses' | 'notReadyAddresses') =>
    subsets.reduce((sum, one) => sum + (one[field]?.length ?? 0), 0);
  const ready = count('addresses');
  const waiting = count('notReadyAddresses');
  if (ready + waiting <= max) return { subsets, truncated: false };
  let readyRoom = Math.min(ready, max);
  let waitingRoom = max - readyRoom;
  const cut = subsets.map((one) => {
    const addresses = one.addresses?.slice(0, readyRoom) ?? [];
    const notReadyAddresses = one.notReadyAddresses?.slice(0, waitingRoom) ?? [];
    readyRoom -= addresses.length;
    waitingRoom -= notReadyAddresses.length;
    return {
      ...(addresses.length > 0 && { addresses }),
      ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
      ...(one.ports && { ports: one.ports }),
    };
  });
  return { subsets: cut.filter((one) => one.addresses || one.notReadyAddresses), truncated: true };
}

import { isIP } from 'node:net';
import type { Endpoints } from '../../api/core-v1/endpoints.ts';
import { endpoints as endpointsKind } from '../../api/core-v1/endpoints.ts';
import type { Service } from '../../api/core-v1/service.ts';
import { controllerRef } from '../../apimachinery/object.ts';
import { portsKey, type AddressType, type Endpoint, type EndpointGroup } from '../endpoint-slice/desired.ts';
import {
  headlessLabel,
  managedByLabel,
  serviceNameLabel,
  triggerTime,
  type SliceOwner,
} from '../endpoint-slice/plan.ts';
import type { TargetPort } from '../service-pods.ts';

export const mirroredBy = 'endpointslicemirroring-controller.k8s.io';
const skipLabel = 'endpointslice.kubernetes.io/skip-mirror';
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader';
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** At most so many addresses of a subset are mirrored. */
export const MAX_ADDRESSES = 1000;

type Subset = NonNullable<Endpoints['subsets']>[number];
type Address = NonNullable<Subset['addresses']>[number];

/** What slices should hold of custom Endpoints, and how many addresses they cannot hold. */
export interface Mirrored {
  readonly groups: readonly EndpointGroup[];
  /** Those beyond the limit of a subset. */
  readonly skipped: number;
  /** Those that are no IP addresses. */
  readonly invalid: number;
}

/** Whether Endpoints are somebody's own work, for a service that selects no pods, and not to be kept out of slices. */
export function isMirrored({ metadata }: Endpoints, service: Service | undefined): boolean {
  if (metadata.deletionTimestamp || !service || service.metadata.deletionTimestamp) return false;
  if (metadata.labels?.[skipLabel] === 'true' || metadata.annotations?.[leaderAnnotation] !== undefined) return false;
  return service.spec?.selector === undefined || Object.keys(service.spec.selector).length === 0;
}

/** What the slices of custom Endpoints have in common. */
export function ownerOf(endpoints: Endpoints): SliceOwner {
  const { name, namespace, labels, annotations } = endpoints.metadata;
  const { [headlessLabel]: _, ...ownLabels } = labels ?? {};
  const { [lastApplied]: __, [triggerTime]: trigger, ...ownAnnotations } = annotations ?? {};
  return {
    metadata: {
      namespace: namespace!,
      generateName: `${name}-`,
      labels: { ...ownLabels, [serviceNameLabel]: name, [managedByLabel]: mirroredBy },
      annotations: ownAnnotations,
      ownerReferences: [controllerRef(endpoints, endpointsKind)],
    },
    trigger,
  };
}

/** Groups the addresses of all subsets by family and ports. */
export function mirror({ subsets = [] }: Endpoints, max = MAX_ADDRESSES): Mirrored {
  const groups = new Map<string, EndpointGroup & { endpoints: Endpoint[] }>();
  let [skipped, invalid] = [0, 0];
  for (const subset of subsets) {
    const ports = portsOf(subset);
    let room = max;
    for (const [address, ready] of addressesOf(subset)) {
      const family = isIP(address.ip);
      if (family === 0) invalid++;
      else if (room-- <= 0) skipped++;
      else add(groups, family === 6 ? 'IPv6' : 'IPv4', ports, endpointOf(address, ready));
    }
  }
  return { groups: [...groups.values()], skipped, invalid };
}

function addressesOf({ addresses = [], notReadyAddresses = [] }: Subset): [Address, ready: boolean][] {
  return [
    ...addresses.map((address): [Address, boolean] => [address, true]),
    ...notReadyAddresses.map((address): [Address, boolean] => [address, false]),
  ];
}

function portsOf({ ports = [] }: Subset): TargetPort[] {
  return ports.map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
    name,
    port,
    protocol,
    ...(appProtocol !== undefined && { appProtocol }),
  }));
}

function add(
  groups: Map<string, EndpointGroup & { endpoints: Endpoint[] }>,
  addressType: AddressType,
  ports: readonly TargetPort[],
  endpoint: Endpoint,
): void {
  const key = `${addressType} ${portsKey(ports)}`;
  const group = groups.get(key) ?? { addressType, ports, endpoints: [] };
  groups.set(key, group);
  group.endpoints.push(endpoint);
}

function endpointOf({ ip, targetRef, nodeName, hostname }: Address, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(targetRef && { targetRef }),
    ...(nodeName && { nodeName }),
    ...(hostname && { hostname }),
  };
}

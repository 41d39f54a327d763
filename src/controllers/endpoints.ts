import { isIPv6 } from 'node:net';
import { endpoints as endpointsKind, type Endpoints } from '../api/core-v1/endpoints.ts';
import { pod as podKind, type Pod } from '../api/core-v1/pod.ts';
import { service as serviceKind, type Service } from '../api/core-v1/service.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import { keyOf, parseKey, type New } from '../apimachinery/object.ts';
import { errorMessage } from '../base/log.ts';
import { controller, type Controller, type ReconcileContext } from '../client/controller.ts';
import { isNamespaceEnding } from '../client/namespace-ending.ts';
import { triggerTime } from './endpoint-slice/plan.ts';
import { semanticEqual } from './semantic-equal.ts';
import {
  addressesOf,
  hostnameOf,
  isHeadless,
  podIndexes,
  podsOf,
  readinessOf,
  selectsPods,
  servicesOf,
  targetPortOf,
  targetRefOf,
  type TargetPort,
} from './service-pods.ts';
import { TriggerTimes } from './trigger-times.ts';
import { unlessGone } from './unless-gone.ts';

type Subset = NonNullable<Endpoints['subsets']>[number];
type Address = NonNullable<Subset['addresses']>[number];

const managedByLabel = 'endpoints.kubernetes.io/managed-by';
const managedBy = 'endpoint-controller';
const headlessLabel = 'service.kubernetes.io/headless';
const overCapacity = 'endpoints.kubernetes.io/over-capacity';
/** At most so many addresses stand in one Endpoints object. */
const MAX_ADDRESSES = 1000;

/** Keeps the Endpoints of each Service with a selector, the older form of its EndpointSlices. */
export const endpointsController: Controller = {
  name: 'endpoints-controller',
  start(dependencies) {
    const triggers = new TriggerTimes();
    return controller<Service>({
      name: 'endpoints-controller',
      for: serviceKind,
      watches: [
        { kind: podKind, indexes: podIndexes, keys: servicesOf },
        { kind: endpointsKind, keys: managedKeys },
      ],
      workers: 5,
      reconcile: (key, context) => reconcile(key, context, triggers),
    }).start(dependencies);
  },
};

/** Endpoints that we made wake their service, also when that is gone and they were left behind. */
function managedKeys(object: Endpoints): string[] {
  return object.metadata.labels?.[managedByLabel] === managedBy ? [keyOf(object)] : [];
}

async function reconcile(
  key: string,
  { reader, client, events }: ReconcileContext,
  triggers: TriggerTimes,
): Promise<void> {
  const service = reader.get(serviceKind, key);
  const current = reader.get(endpointsKind, key);
  if (!service) {
    triggers.forget(key);
    return current && remove(client, key);
  }
  if (!selectsPods(service) || service.metadata.deletionTimestamp) return;
  const pods = podsOf(reader, service);
  const trigger = triggers.newest(key, service, pods);
  const wanted = desiredEndpoints(service, pods, current);
  if (current && sameEndpoints(current, wanted)) return;
  wanted.metadata.annotations = withTrigger(wanted.metadata.annotations, trigger);
  try {
    if (current) await client.update(endpointsKind, { ...wanted, apiVersion: 'v1', kind: 'Endpoints' } as Endpoints);
    else await client.create(endpointsKind, wanted);
  } catch (error) {
    if (isNamespaceEnding(error) || isApiError(error, 'AlreadyExists', 'NotFound')) return;
    if (!isApiError(error, 'Conflict')) tellFailure(key, current ?? service, current !== undefined, error, events);
    // A PUT of Endpoints that are gone would create them, and fails for their version: news of that is on its way.
    if (isApiError(error, 'Conflict') || !current || (await client.find(endpointsKind, current.metadata))) throw error;
  }
}

/** The event is about the Endpoints, also when they could not be made. */
function tellFailure(
  key: string,
  about: Endpoints | Service,
  update: boolean,
  error: unknown,
  events: ReconcileContext['events'],
): void {
  const { namespace, name, resourceVersion } = about.metadata;
  const uid = update ? about.metadata.uid : '';
  const object = { apiVersion: 'v1', kind: 'Endpoints', metadata: { namespace, name, uid, resourceVersion } };
  const what = update ? `update endpoint ${key}` : `create endpoint for service ${key}`;
  const reason = update ? 'FailedToUpdateEndpoint' : 'FailedToCreateEndpoint';
  events.event(object as Endpoints, 'Warning', reason, `Failed to ${what}: ${errorMessage(error)}`);
}

async function remove(client: ReconcileContext['client'], key: string): Promise<void> {
  await unlessGone(client.delete(endpointsKind, parseKey(key)));
}

function withTrigger(annotations: Record<string, string> | undefined, trigger: string | undefined) {
  const { [triggerTime]: _, ...others } = annotations ?? {};
  return { ...others, ...(trigger && { [triggerTime]: trigger }) };
}

function sameEndpoints(current: Endpoints, wanted: New<Endpoints>): boolean {
  return (
    semanticEqual(current.subsets, wanted.subsets) &&
    semanticEqual(current.metadata.labels, wanted.metadata.labels) &&
    semanticEqual(current.metadata.annotations, wanted.metadata.annotations)
  );
}

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

import { pod as podKind, type Pod } from '../../../api/core-v1/pod.ts';
import type { Service } from '../../../api/core-v1/service.ts';
import { endpointSlice, isReady, type EndpointSlice } from '../../../api/discovery-v1/endpoint-slice.ts';
import { serviceUnavailable } from '../../../apimachinery/api-error.ts';
import type { HandlerServices } from '../../handlers/services.ts';
import { storageFor } from '../../registry/converting-storage.ts';
import { get } from '../../registry/get.ts';
import { collectionPrefix, objectKey, type Registry, type Target } from '../../registry/registry.ts';
import { isProxyable, splitSchemeNamePort } from './address.ts';
import { addressBackend, type Backend } from './backend.ts';

type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];

/** One way to a service. */
interface Way {
  readonly endpoint: Endpoint;
  readonly port: number;
}

/**
 * A ready endpoint of the service that `[scheme:]name[:port]` means; the port is that of the service, by number or name.
 * Only pods are passed requests on to: an address that anybody may write down could be anybody's.
 * @throws ApiError NotFound, BadRequest, ServiceUnavailable when there is none
 */
export async function locateService(services: HandlerServices, target: Target): Promise<Backend> {
  const { registry, dial } = services;
  const { scheme, name, port } = splitSchemeNamePort(target.name, 'service');
  const { namespace } = target;
  const service: Service = (await get(registry, { kind: target.kind, namespace, name })).object;
  const portName = portNameOf(service, port);
  const slices = await slicesOf(registry, namespace, name);
  if (!slices.some((s) => s.endpoints?.length)) throw noEndpoints(name);
  const ways = shuffled(waysTo(slices, portName), registry);
  for (const way of ways) {
    const address = way.endpoint.addresses[0]!;
    if (!(await isPodsAddress(registry, namespace, way.endpoint, address))) continue;
    return addressBackend(dial, scheme, address, way.port);
  }
  throw noEndpoints(target.name);
}

function noEndpoints(name: string) {
  return serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
}

/** The name under which slices have the port. @throws ApiError ServiceUnavailable for a number that the service has not */
function portNameOf({ metadata, spec }: Service, port: string): string {
  if (!/^[0-9]+$/.test(port)) return port;
  const found = spec?.ports?.find((p) => p.port === Number(port));
  if (found) return found.name ?? '';
  throw serviceUnavailable(`no service port ${port} found for service ${JSON.stringify(metadata.name)}`);
}

async function slicesOf(registry: Registry, namespace: string, service: string): Promise<EndpointSlice[]> {
  const prefix = collectionPrefix({ kind: endpointSlice, namespace });
  const { entries } = await storageFor(registry.storage, endpointSlice).list(prefix, {
    freshness: { atLeast: 0 },
    match: ({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service,
  });
  return entries.map((e) => e.object as EndpointSlice);
}

function waysTo(slices: readonly EndpointSlice[], portName: string): Way[] {
  return slices.flatMap(({ endpoints, ports, addressType }) => {
    const port = ports?.find((p) => (p.name ?? '') === portName)?.port;
    if (port === undefined || addressType === 'FQDN') return [];
    const ready = (endpoints ?? []).filter((e) => isReady(e) && e.addresses.length > 0);
    return ready.map((endpoint) => ({ endpoint, port }));
  });
}

function shuffled<T>(items: T[], { random }: Registry): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}

/** Whether the address is that of the pod which the endpoint names, and one that requests may be passed on to. */
async function isPodsAddress(
  registry: Registry,
  namespace: string,
  { targetRef }: Endpoint,
  address: string,
): Promise<boolean> {
  if (!isProxyable(address) || targetRef?.kind !== 'Pod' || !targetRef.name) return false;
  if (targetRef.namespace && targetRef.namespace !== namespace) return false;
  const key = objectKey({ kind: podKind, namespace, name: targetRef.name });
  const entry = await registry.storage.get(key, { atLeast: 0 });
  const found: Pod | undefined = entry?.object;
  const { podIP, podIPs = [] } = found?.status ?? {};
  return podIP === address || podIPs.some(({ ip }) => ip === address);
}

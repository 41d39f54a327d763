import { isIP } from 'node:net';
import type { Service } from '../api/core-v1/service.ts';
import { isReady, type EndpointSlice } from '../api/discovery-v1/endpoint-slice.ts';
import type { Ingress } from '../api/networking-v1/ingress.ts';
import { isReachable } from './reachable.ts';
import type { BackendProtocol, Endpoint, Upstream } from './table.ts';

export type IngressBackend = NonNullable<NonNullable<Ingress['spec']>['defaultBackend']>;
type PortReference = NonNullable<IngressBackend['service']>['port'];
type ServicePort = NonNullable<NonNullable<Service['spec']>['ports']>[number];

/** What the model finds objects with. */
export interface Objects {
  service(namespace: string, name: string): Service | undefined;
  /** The slices of a service. */
  slices(namespace: string, name: string): readonly EndpointSlice[];
}

/** A backend of an Ingress, resolved. */
export interface Backend {
  /** The same for all backends that lead to the same port of the same service. */
  readonly key: string;
  readonly upstream: Upstream;
  /** What the service says about its port. */
  readonly protocol: BackendProtocol;
  /** Why it leads nowhere. */
  readonly problem?: string;
}

const NOBODY: Upstream = { endpoints: [], sticky: false };

/** Finds out where a backend leads. */
export function resolve(backend: IngressBackend, namespace: string, objects: Objects): Backend {
  if (backend.resource || !backend.service) {
    const { kind, name } = backend.resource ?? { kind: '', name: '' };
    const problem = `resource backends are not supported: ${kind} ${JSON.stringify(name)}`;
    return { key: `${namespace}//${kind}/${name}`, upstream: NOBODY, protocol: 'http', problem };
  }
  const { name, port } = backend.service;
  const key = `${namespace}/${name}:${port?.name ?? port?.number ?? ''}`;
  const service = objects.service(namespace, name);
  if (!service) {
    return { key, upstream: NOBODY, protocol: 'http', problem: `the service ${namespace}/${name} does not exist` };
  }
  if (service.spec?.type === 'ExternalName') return { key, ...byName(service, port) };
  const found = portOf(service, port);
  if (!found) {
    const problem = `the service ${namespace}/${name} has no port ${port?.name ?? port?.number ?? ''}`;
    return { key, upstream: NOBODY, protocol: 'http', problem };
  }
  const endpoints = endpointsOf(objects.slices(namespace, name), found.name ?? '');
  const sticky = service.spec?.sessionAffinity === 'ClientIP';
  return { key, upstream: { endpoints, sticky }, protocol: protocolOf(found) };
}

function portOf({ spec }: Service, port: PortReference): ServicePort | undefined {
  const matches = (one: ServicePort) => (port?.name ? one.name === port.name : one.port === port?.number);
  return (spec?.ports ?? []).find((one) => matches(one) && (one.protocol ?? 'TCP') === 'TCP');
}

/** A service that is a name elsewhere; a port that has a name must be one of its ports, one with a number need not. */
function byName(service: Service, port: PortReference): Omit<Backend, 'key'> {
  const { name, namespace } = service.metadata;
  const found = portOf(service, port);
  const number = found?.port ?? port?.number;
  const host = service.spec?.externalName?.replace(/\.$/, '');
  const protocol = found ? protocolOf(found) : 'http';
  if (!number || !host) {
    return { upstream: NOBODY, protocol, problem: `the service ${namespace}/${name} has no port ${port?.name}` };
  }
  if (isIP(host) !== 0 && !isReachable(host)) {
    return { upstream: NOBODY, protocol, problem: `the service ${namespace}/${name} must not lead to ${host}` };
  }
  return { upstream: { endpoints: [{ host, port: number }], sticky: false }, protocol };
}

/** What `appProtocol` means, by KEP-3726 and by custom. */
function protocolOf({ appProtocol = '' }: ServicePort): BackendProtocol {
  const known: readonly (readonly [BackendProtocol, readonly string[]])[] = [
    ['h2c', ['kubernetes.io/h2c', 'h2c', 'grpc']],
    ['https', ['kubernetes.io/wss', 'https']],
  ];
  return known.find(([, names]) => names.includes(appProtocol))?.[0] ?? 'http';
}

/** The ready endpoints; where there is none, those that are going away and still serve. */
function endpointsOf(slices: readonly EndpointSlice[], portName: string): Endpoint[] {
  const all = slices.flatMap((slice) => {
    const port = slice.ports?.find((one) => (one.name ?? '') === portName && (one.protocol ?? 'TCP') === 'TCP')?.port;
    if (!port || slice.addressType === 'FQDN') return [];
    return (slice.endpoints ?? []).map((endpoint) => ({ endpoint, port }));
  });
  const ready = all.filter(({ endpoint }) => isReady(endpoint));
  const leaving = all.filter(({ endpoint: { conditions } }) => conditions?.serving && conditions.terminating);
  const usable = (ready.length > 0 ? ready : leaving).flatMap(({ endpoint, port }) => {
    const host = endpoint.addresses[0] ?? '';
    return isReachable(host) ? [{ host, port }] : [];
  });
  const distinct = new Map(usable.map((one) => [`${one.host} ${one.port}`, one]));
  return [...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint);
}

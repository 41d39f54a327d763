import { isIPv4 } from 'node:net';
import type { EndpointSlice } from '../api/discovery-v1/endpoint-slice.ts';
import type { Service } from '../api/core-v1/service.ts';

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** Where connections to a service can go. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
  /** Whether it is on this node. */
  readonly local: boolean;
}

/** One port of one service as this node serves it. Everything here is checked: it goes into rules as it is. */
export interface ServicePort {
  /** `namespace/name:port`, for comments and as identity together with the protocol. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly clusterIp: string;
  readonly port: number;
  readonly nodePort?: number;
  /** External and load balancer addresses under which the port is reached too. */
  readonly externalIps: readonly string[];
  /** In a fixed order. */
  readonly endpoints: readonly Endpoint[];
  /** Connections to the cluster IP go to endpoints on this node only. */
  readonly internalLocal: boolean;
  /** Connections from outside go to endpoints on this node only, which then see the client's address. */
  readonly externalLocal: boolean;
  /** Seconds for which a client keeps its endpoint. */
  readonly affinitySeconds?: number;
}

/** The ports of all services that have a cluster IP, in a fixed order. IPv4 only. */
export function servicePorts(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  nodeName: string,
): ServicePort[] {
  const byService = slicesByService(slices);
  return services
    .filter(isProxied)
    .flatMap((service) => portsOf(service, byService.get(serviceKey(service.metadata)) ?? [], nodeName))
    .sort((a, b) => compare(a.name, b.name) || compare(a.protocol, b.protocol));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function serviceKey({ namespace, name }: { namespace?: string | undefined; name: string }): string {
  return `${namespace}/${name}`;
}

function slicesByService(slices: readonly EndpointSlice[]): Map<string, EndpointSlice[]> {
  const out = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const name = slice.metadata.labels?.['kubernetes.io/service-name'];
    if (!name || slice.addressType !== 'IPv4') continue;
    const key = serviceKey({ namespace: slice.metadata.namespace, name });
    const list = out.get(key);
    if (list) list.push(slice);
    else out.set(key, [slice]);
  }
  return out;
}

/** Services of another proxy carry a label with its name. */
function isProxied({ metadata, spec }: Service): boolean {
  if (spec?.type === 'ExternalName' || metadata.labels?.['service.kubernetes.io/service-proxy-name']) return false;
  return clusterIpOf(spec) !== undefined;
}

function clusterIpOf(spec: Service['spec']): string | undefined {
  return [spec?.clusterIP, ...(spec?.clusterIPs ?? [])].find((ip) => ip !== undefined && isIPv4(ip));
}

function portsOf(service: Service, slices: readonly EndpointSlice[], nodeName: string): ServicePort[] {
  const { spec, metadata } = service;
  const shared = {
    clusterIp: clusterIpOf(spec)!,
    externalIps: externalIpsOf(service),
    internalLocal: spec?.internalTrafficPolicy === 'Local',
    externalLocal: spec?.externalTrafficPolicy === 'Local',
    ...(spec?.sessionAffinity === 'ClientIP' && {
      affinitySeconds: positive(spec.sessionAffinityConfig?.clientIP?.timeoutSeconds) ?? 10_800,
    }),
  };
  return (spec?.ports ?? []).flatMap((port) => {
    const protocol = protocolOf(port.protocol);
    if (!protocol || !isPort(port.port)) return [];
    const endpoints = endpointsOf(slices, port.name ?? '', protocol, nodeName);
    const nodePort = isPort(port.nodePort) ? { nodePort: port.nodePort } : {};
    const name = `${serviceKey(metadata)}:${port.name || port.port}`.replace(/[^\w./:-]/g, '_');
    return [{ name, protocol, port: port.port, ...nodePort, endpoints, ...shared }];
  });
}

function externalIpsOf({ spec, status }: Service): string[] {
  const balancers = (status?.loadBalancer?.ingress ?? []).filter((i) => i.ipMode !== 'Proxy').map((i) => i.ip ?? '');
  return [...new Set([...(spec?.externalIPs ?? []), ...balancers])].filter((ip) => isIPv4(ip)).sort();
}

type SliceEndpoint = NonNullable<EndpointSlice['endpoints']>[number];

/**
 * The endpoints of one port: the ready ones; when there is none, those that are going away but still serve, so that a
 * rolling change never leaves a service without any.
 */
function endpointsOf(
  slices: readonly EndpointSlice[],
  portName: string,
  protocol: Protocol,
  nodeName: string,
): Endpoint[] {
  const candidates = slices.flatMap((slice) => {
    const port = slice.ports?.find((p) => (p.name ?? '') === portName && protocolOf(p.protocol) === protocol)?.port;
    return isPort(port) ? (slice.endpoints ?? []).map((endpoint) => ({ endpoint, port })) : [];
  });
  const ready = candidates.filter(({ endpoint }) => endpoint.conditions?.ready !== false);
  const usable = ready.length ? ready : candidates.filter(({ endpoint }) => servesWhileTerminating(endpoint));
  const byAddress = new Map<string, Endpoint>();
  for (const { endpoint, port } of usable) {
    const ip = endpoint.addresses[0] ?? '';
    if (isReachable(ip)) byAddress.set(`${ip}:${port}`, { ip, port, local: endpoint.nodeName === nodeName });
  }
  return [...byAddress].sort(([a], [b]) => compare(a, b)).map(([, endpoint]) => endpoint);
}

function servesWhileTerminating({ conditions }: SliceEndpoint): boolean {
  return conditions?.serving === true && conditions.terminating === true;
}

/** A service must not lead to what only this machine may reach. */
function isReachable(ip: string): boolean {
  return isIPv4(ip) && !ip.startsWith('127.') && !ip.startsWith('169.254.') && !ip.startsWith('0.');
}

function protocolOf(protocol: string | undefined): Protocol | undefined {
  if (protocol === undefined || protocol === 'TCP') return 'TCP';
  return protocol === 'UDP' || protocol === 'SCTP' ? protocol : undefined;
}

function isPort(port: unknown): port is number {
  return Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536;
}

function positive(value: unknown): number | undefined {
  return Number.isInteger(value) && Number(value) > 0 ? Number(value) : undefined;
}

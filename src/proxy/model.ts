import type { EndpointSlice } from '../api/discovery-v1/endpoint-slice.ts';
import type { Service } from '../api/core-v1/service.ts';
import { addressOf, networkOf } from './cidr.ts';
import { chooseEndpoints, type ChosenEndpoints, type NodeFacts, type SliceEndpoint } from './endpoints.ts';

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export const families = ['IPv4', 'IPv6'] as const;

/** An address family as services name it. */
export type Family = (typeof families)[number];

/** One port of one service in one address family as this node serves it. All is checked: it goes into rules as it is. */
export interface ServicePort extends ChosenEndpoints {
  /** `namespace/name:port`, for comments and as identity together with protocol and family. */
  readonly name: string;
  readonly family: Family;
  readonly protocol: Protocol;
  readonly clusterIp: string;
  readonly port: number;
  readonly nodePort?: number;
  /** Addresses that lead to some node, under which the port is reached too. */
  readonly externalIps: readonly string[];
  /** Addresses of load balancers that send packets on as they are. */
  readonly balancerIps: readonly string[];
  /** Who may use the load balancers' addresses; absent: everybody. */
  readonly sourceRanges?: readonly string[];
  /** A port of this node on which a load balancer asks whether there are endpoints here. */
  readonly healthPort?: number;
  /** Connections to the cluster IP go to endpoints on this node only. */
  readonly internalLocal: boolean;
  /** Connections from outside go to endpoints on this node only, which then see the client's address. */
  readonly externalLocal: boolean;
  /** Seconds for which a client keeps its endpoint. */
  readonly affinitySeconds?: number;
}

/** The label by which endpoint slices name their service. */
export const serviceNameLabel = 'kubernetes.io/service-name';

/** Objects with one of these labels are for somebody else: another proxy, or nobody (KEP-2447). */
const notForUs = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'];

/** The ports of a service, for each of its cluster IPs, in a fixed order. None if it is not this proxy's business. */
export function servicePorts(service: Service, slices: readonly EndpointSlice[], node: NodeFacts): ServicePort[] {
  const { spec, metadata } = service;
  if (!isProxied(service)) return [];
  const addresses = [...new Set([spec?.clusterIP ?? '', ...(spec?.clusterIPs ?? [])])];
  return families.flatMap((family) => {
    const clusterIp = addresses.map((ip) => addressOf(family, ip)).find(Boolean);
    if (!clusterIp) return [];
    const own = slices.filter((slice) => slice.addressType === family && !isLabelledAway(slice.metadata));
    const shared = { family, clusterIp, ...exposure(service, family), ...policies(spec) };
    return (spec?.ports ?? []).flatMap((port) => {
      const protocol = protocolOf(port.protocol);
      if (!protocol || !isPort(port.port)) return [];
      const chosen = chooseEndpoints(candidates(own, port.name ?? '', protocol, family), shared, node);
      const nodePort = isPort(port.nodePort) ? { nodePort: port.nodePort } : {};
      const name = `${metadata.namespace}/${metadata.name}:${port.name || port.port}`.replace(/[^\w./:-]/g, '_');
      return [{ name, protocol, port: port.port, ...nodePort, ...shared, ...chosen }];
    });
  });
}

/** Whether a service has an address that packets are to be led from. */
export function isProxied({ metadata, spec }: Service): boolean {
  return spec?.type !== 'ExternalName' && spec?.clusterIP !== 'None' && !isLabelledAway(metadata);
}

function isLabelledAway({ labels }: { labels?: Readonly<Record<string, string>> | undefined }): boolean {
  return notForUs.some((label) => labels?.[label] !== undefined);
}

function ofFamily<T extends string>(texts: readonly string[], checked: (text: string) => T | undefined): T[] {
  return [...new Set(texts.map(checked))].filter((text) => text !== undefined).sort();
}

/** Where else a service is reached, and by whom. */
function exposure({ spec, status }: Service, family: Family) {
  const address = (ip: string) => addressOf(family, ip);
  const balanced = spec?.type === 'LoadBalancer';
  const ingress = balanced ? (status?.loadBalancer?.ingress ?? []) : [];
  const ranges = (balanced && spec.loadBalancerSourceRanges) || [];
  return {
    externalIps: ofFamily(spec?.externalIPs ?? [], address),
    // With mode Proxy the load balancer's address is only its own: packets from pods must go by it too.
    balancerIps: ofFamily(
      ingress.filter((i) => i.ipMode !== 'Proxy').map((i) => i.ip ?? ''),
      address,
    ),
    ...(ranges.length > 0 && {
      sourceRanges: ofFamily(ranges, (range) => networkOf(family, range.trim())),
    }),
    ...(isPort(healthPortOf(spec)) && { healthPort: healthPortOf(spec)! }),
  };
}

/** The node port on which load balancers ask for endpoints here; only with external policy Local. */
export function healthPortOf(spec: Service['spec']): number | undefined {
  return spec?.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local' ? spec.healthCheckNodePort : undefined;
}

function policies(spec: Service['spec']) {
  return {
    internalLocal: spec?.internalTrafficPolicy === 'Local',
    externalLocal: spec?.externalTrafficPolicy === 'Local',
    ...(spec?.sessionAffinity === 'ClientIP' && {
      affinitySeconds: positive(spec.sessionAffinityConfig?.clientIP?.timeoutSeconds) ?? 10_800,
    }),
  };
}

/** The endpoints of all slices that have this port. */
function candidates(
  slices: readonly EndpointSlice[],
  portName: string,
  protocol: Protocol,
  family: Family,
): SliceEndpoint[] {
  return slices.flatMap(({ ports, endpoints = [] }) => {
    const port = ports?.find((p) => (p.name ?? '') === portName && protocolOf(p.protocol) === protocol)?.port;
    if (!isPort(port)) return [];
    return (endpoints ?? []).flatMap((endpoint) => {
      const ip = addressOf(family, endpoint.addresses[0] ?? '');
      return ip !== undefined && isReachable(ip) ? [{ ip, port, endpoint }] : [];
    });
  });
}

/** A service must not lead to what only this machine may reach. */
function isReachable(ip: string): boolean {
  return !/^(127\.|169\.254\.|0\.|::1?$|::ffff:|fe[89ab])/i.test(ip);
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

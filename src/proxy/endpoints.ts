import { isReady, type EndpointSlice } from '../api/discovery-v1/endpoint-slice.ts';

/** Where connections to a service can go. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
  /** Whether it is on this node, or may be for all that is known. */
  readonly here: boolean;
}

/** The endpoints of one port, in a fixed order. */
export interface ChosenEndpoints {
  /** Where connections go that may go to any node. */
  readonly endpoints: readonly Endpoint[];
  /** Where connections go that must stay on this node. */
  readonly localEndpoints: readonly Endpoint[];
  /** `ip:port` of all that still answer: connections that they have are left to them. */
  readonly serving: readonly string[];
}

/** What a choice of endpoints depends on besides the endpoints. */
export interface NodeFacts {
  readonly name: string;
  /** The node's label `topology.kubernetes.io/zone`. */
  readonly zone?: string | undefined;
}

type Described = NonNullable<EndpointSlice['endpoints']>[number];

/** An endpoint as a slice has it, with a checked address. */
export interface SliceEndpoint {
  readonly ip: string;
  readonly port: number;
  readonly endpoint: Described;
}

/**
 * Chooses as upstream does (KEP-1669, KEP-2433, KEP-3015): the ready endpoints, those near by when all have hints; when
 * none is ready, those that are going away but still serve, so that a rolling change never leaves a service without any.
 * For connections that must stay on this node the same holds among its own endpoints, without hints.
 */
export function chooseEndpoints(
  all: readonly SliceEndpoint[],
  policy: { internalLocal: boolean; externalLocal: boolean },
  node: NodeFacts,
): ChosenEndpoints {
  const found = distinct(all, node);
  const ready = found.filter(({ endpoint }) => isReady(endpoint));
  const near = nearby(ready, node);
  const here = found.filter((candidate) => isLocal(candidate, node));
  return {
    endpoints: asEndpoints(near.length > 0 ? near : found.filter(servesWhileTerminating), node),
    localEndpoints: policy.internalLocal || policy.externalLocal ? asEndpoints(usable(here), node) : [],
    serving: found.filter(serves).map(({ ip, port }) => shown(ip, port)),
  };
}

/** `10.0.0.1:80` or `[fd00::1]:80`. */
export function shown(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** Each address and port once, in a fixed order. What is ready goes before what only claims the same address. */
function distinct(all: readonly SliceEndpoint[], node: NodeFacts): SliceEndpoint[] {
  const rank = (candidate: SliceEndpoint) => (isReady(candidate.endpoint) ? 2 : 0) + (isLocal(candidate, node) ? 1 : 0);
  const byAddress = new Map<string, SliceEndpoint>();
  for (const candidate of all) {
    const key = shown(candidate.ip, candidate.port);
    const other = byAddress.get(key);
    if (!other || rank(candidate) > rank(other)) byAddress.set(key, candidate);
  }
  return [...byAddress].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, candidate]) => candidate);
}

function usable(candidates: readonly SliceEndpoint[]): readonly SliceEndpoint[] {
  const ready = candidates.filter(({ endpoint }) => isReady(endpoint));
  return ready.length > 0 ? ready : candidates.filter(servesWhileTerminating);
}

/**
 * Hints count only when all ready endpoints have them, and some lead here: a hint that is missing says that the
 * controller does not know all of them.
 */
function nearby(ready: readonly SliceEndpoint[], { name, zone }: NodeFacts): readonly SliceEndpoint[] {
  const forNode = ready.filter(({ endpoint }) => endpoint.hints?.forNodes?.some((hint) => hint.name === name));
  if (forNode.length > 0 && ready.every(({ endpoint }) => endpoint.hints?.forNodes?.length)) return forNode;
  if (zone === undefined || !ready.every(({ endpoint }) => endpoint.hints?.forZones?.length)) return ready;
  const forZone = ready.filter(({ endpoint }) => endpoint.hints?.forZones?.some((hint) => hint.name === zone));
  return forZone.length > 0 ? forZone : ready;
}

function serves({ endpoint }: SliceEndpoint): boolean {
  return endpoint.conditions?.serving ?? isReady(endpoint);
}

function servesWhileTerminating(candidate: SliceEndpoint): boolean {
  return serves(candidate) && candidate.endpoint.conditions?.terminating === true;
}

function isLocal({ endpoint }: SliceEndpoint, node: NodeFacts): boolean {
  return endpoint.nodeName === node.name;
}

function asEndpoints(candidates: readonly SliceEndpoint[], node: NodeFacts): Endpoint[] {
  return candidates.map(({ ip, port, endpoint: { nodeName } }) => ({
    ip,
    port,
    here: nodeName === undefined || nodeName === node.name,
  }));
}

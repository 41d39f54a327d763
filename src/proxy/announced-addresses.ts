import { createHash } from 'node:crypto';
import type { Node } from '../api/core-v1/node.ts';
import type { Service } from '../api/core-v1/service.ts';
import { isReady, type EndpointSlice } from '../api/discovery-v1/endpoint-slice.ts';
import { keyOf } from '../apimachinery/object.ts';

/** A label of nodes that answer for addresses of a load balancer pool. */
export const ANNOUNCES = 'node.coxswain.io/announces-load-balancers';

const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers';

/**
 * The load balancer addresses that a node is to answer for. Each address has one node, which all nodes find out by the
 * same means: among those that take part and, for services that keep traffic local, have endpoints of the service, the
 * one whose rank for the address is highest. When a node comes or goes, most addresses stay where they are.
 */
export function announcedAddresses(
  nodeName: string,
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  nodes: readonly Node[],
): string[] {
  const candidates = nodes.filter(takesPart);
  const own = new Set(nodes.flatMap(({ status }) => (status?.addresses ?? []).map(({ address }) => address)));
  const out = new Set<string>();
  for (const service of services) {
    // The addresses of nodes need nobody to answer for them.
    const addresses = poolAddresses(service).filter((ip) => !own.has(ip));
    if (addresses.length === 0) continue;
    const names = namesOf(service, slices, candidates);
    for (const ip of addresses) if (highest(ip, names) === nodeName) out.add(ip);
  }
  return [...out].sort();
}

function takesPart({ metadata, status }: Node): boolean {
  const { labels = {}, deletionTimestamp } = metadata;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
  return ready && !deletionTimestamp && labels[ANNOUNCES] !== undefined && labels[EXCLUDED] === undefined;
}

function poolAddresses({ spec, status }: Service): string[] {
  if (spec?.type !== 'LoadBalancer') return [];
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode }) => (ip && ipMode !== 'Proxy' ? ip : []));
}

function namesOf(service: Service, slices: readonly EndpointSlice[], candidates: readonly Node[]): string[] {
  const names = candidates.map(({ metadata }) => metadata.name);
  if (service.spec?.externalTrafficPolicy !== 'Local') return names;
  const serving = new Set<string | undefined>();
  for (const { metadata, endpoints } of slices) {
    const { namespace, labels } = metadata;
    const name = labels?.['kubernetes.io/service-name'] ?? '';
    if (keyOf({ namespace, name }) !== keyOf(service)) continue;
    for (const endpoint of endpoints ?? []) if (isReady(endpoint)) serving.add(endpoint.nodeName);
  }
  return names.filter((name) => serving.has(name));
}

function highest(ip: string, names: readonly string[]): string | undefined {
  const rank = (name: string) => createHash('sha256').update(`${ip} ${name}`).digest('hex');
  return names.map((name) => [rank(name), name] as const).sort(([a], [b]) => (a < b ? 1 : -1))[0]?.[1];
}

import type { Node } from '../api/core-v1/node.ts';
import type { Ingress } from '../api/networking-v1/ingress.ts';

type Entry = NonNullable<NonNullable<NonNullable<Ingress['status']>['loadBalancer']>['ingress']>[number];

/** Where an Ingress can be reached through us. */
export interface Published {
  /** The addresses of this node, or those to be published instead. */
  readonly addresses: readonly string[];
  /** The ports that are listened on; none: nothing is published. */
  readonly ports: readonly number[];
}

/**
 * The addresses under which an Ingress is reached. Ours are told from those of other controllers by their ports.
 * Those of other nodes stay for as long as these are ready: they may run an ingress of ours too.
 * @param ours whether the Ingress is ours to serve
 * @returns undefined when the status is as it should be
 */
export function nextStatus(
  { status }: Ingress,
  ours: boolean,
  { addresses, ports }: Published,
  nodes: readonly Node[],
): Ingress['status'] | undefined {
  const current = status?.loadBalancer?.ingress ?? [];
  const others = otherNodes(nodes, addresses);
  const foreign = ours ? [] : current.filter((entry) => !entry.ports?.length);
  const kept = ours ? current.filter(({ ip, ports: told }) => told?.length && ip && others.has(ip)) : [];
  const own = ours && ports.length > 0 ? addresses.map((address) => entryOf(address, ports)) : [];
  const wanted = [...foreign, ...[...kept, ...own].sort(byAddress)];
  if (JSON.stringify(wanted.map(normal)) === JSON.stringify(current.map(normal))) return undefined;
  return { loadBalancer: wanted.length > 0 ? { ingress: wanted } : {} };
}

function entryOf(address: string, ports: readonly number[]): Entry {
  const told = ports.map((port) => ({ port, protocol: 'TCP' }));
  return /^[\d.]+$|:/.test(address) ? { ip: address, ports: told } : { hostname: address, ports: told };
}

function byAddress(a: Entry, b: Entry): number {
  return (a.ip ?? a.hostname ?? '') < (b.ip ?? b.hostname ?? '') ? -1 : 1;
}

function normal({ ip, hostname, ports = [] }: Entry): unknown {
  return [ip, hostname, ports.map(({ port, protocol }) => [port, protocol])];
}

/** The addresses of all nodes that are ready, but for our own. */
function otherNodes(nodes: readonly Node[], own: readonly string[]): Set<string> {
  const ready = nodes.filter(
    ({ status }) => status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True',
  );
  const all = new Set(ready.flatMap(({ status }) => (status?.addresses ?? []).map(({ address }) => address)));
  for (const address of own) all.delete(address);
  return all;
}

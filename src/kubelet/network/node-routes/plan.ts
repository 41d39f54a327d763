import { hash } from 'node:crypto';
import { BlockList, isIPv6 } from 'node:net';
import type { Node } from '../../../api/core-v1/node.ts';
import type { Link } from '../../../linux/ip.ts';
import type { PodNetworkMode } from '../mtu.ts';

/** The number by which our routes are known from others'. */
export const PROTOCOL = 86;
/** The end of the tunnel to the other nodes. */
export const TUNNEL = 'cox-vxlan';

/** Where pods are and how their node is reached. */
export interface NodePlace {
  readonly podCidrs: readonly string[];
  readonly internalIps: readonly string[];
}

/** What of ours is in the kernel. */
export interface Present {
  /** Destinations of our routes. */
  readonly routes: readonly string[];
  /** Addresses at the other ends of the tunnel. */
  readonly neighbours: readonly string[];
  readonly forwarding: readonly { readonly mac: string; readonly to: string }[];
}

/** Lines for `ip -batch` and `bridge -batch`, to be fed in this order. */
export interface RouteCommands {
  readonly ip: readonly string[];
  readonly bridge: readonly string[];
}

export function placeOf({ spec, status }: Node): NodePlace {
  const podCidrs = spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []);
  const internal = (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP');
  return { podCidrs, internalIps: internal.map(({ address }) => address) };
}

/**
 * The tunnel's end on the node with these ranges has this MAC address: every node can tell it without being told.
 * @param podCidr the node's primary range
 */
export function tunnelMac(podCidr: string): string {
  return `0a:58:${hash('sha256', podCidr, 'hex')
    .slice(0, 8)
    .replace(/(..)(?=.)/g, '$1:')}`;
}

/** The address of the tunnel's end in a range: the first, which no pod has. */
export function tunnelAddress(podCidr: string): string {
  return podCidr.split('/')[0]!;
}

/**
 * What makes the pods of other nodes reachable: plain routes by their nodes where these are neighbours (what is farther away
 * is for the routers of the network to know), or entries of the tunnel for each. What no node needs any more goes. Pure.
 * @param links this machine's own
 */
export function routePlan(
  mode: PodNetworkMode,
  others: readonly NodePlace[],
  links: readonly Link[],
  present: Present,
): RouteCommands {
  const own = new Set(links.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
  const reachable = others.filter(
    ({ internalIps }) => internalIps.length > 0 && !internalIps.some((ip) => own.has(ip)),
  );
  const wanted = reachable.flatMap((node) => (mode === 'vxlan' ? tunnelled(node) : routed(node, links)));
  const gone = {
    routes: present.routes.filter((destination) => !wanted.some((one) => one.destination === destination)),
    neighbours: present.neighbours.filter((address) => !wanted.some((one) => one.neighbour === address)),
    forwarding: present.forwarding.filter(({ mac, to }) => !wanted.some((one) => one.mac === mac && one.to === to)),
  };
  return {
    ip: [
      ...wanted.flatMap(({ neighbour, mac }) =>
        neighbour ? [`neigh replace ${neighbour} lladdr ${mac} dev ${TUNNEL} nud permanent`] : [],
      ),
      ...wanted.map(({ destination, how }) => `route replace ${destination} ${how} proto ${PROTOCOL}`),
      ...gone.routes.map((destination) => `route del ${destination} proto ${PROTOCOL}`),
      ...gone.neighbours.map((address) => `neigh del ${address} dev ${TUNNEL}`),
    ],
    bridge: [
      ...new Set(wanted.flatMap(({ mac, to }) => (mac ? [`fdb replace ${mac} dev ${TUNNEL} dst ${to}`] : []))),
      ...gone.forwarding.map(({ mac, to }) => `fdb del ${mac} dev ${TUNNEL} dst ${to}`),
    ],
  };
}

interface Wanted {
  readonly destination: string;
  readonly how: string;
  readonly neighbour?: string;
  readonly mac?: string;
  readonly to?: string;
}

function tunnelled({ podCidrs, internalIps }: NodePlace): Wanted[] {
  const to = internalIps[0]!;
  return podCidrs.map((destination) => {
    const neighbour = tunnelAddress(destination);
    const mac = tunnelMac(podCidrs[0]!);
    return { destination, how: `via ${neighbour} dev ${TUNNEL} onlink`, neighbour, mac, to };
  });
}

function routed({ podCidrs, internalIps }: NodePlace, links: readonly Link[]): Wanted[] {
  return podCidrs.flatMap((destination) => {
    const via = internalIps.find((ip) => isIPv6(ip) === isIPv6(tunnelAddress(destination)));
    const device = via && links.find((link) => isNeighbour(link, via))?.name;
    return device ? [{ destination, how: `via ${via} dev ${device}` }] : [];
  });
}

function isNeighbour({ name, addresses }: Link, ip: string): boolean {
  if (name === 'lo') return false;
  const family = isIPv6(ip) ? 'ipv6' : 'ipv4';
  return addresses.some(({ address, prefixLength }) => {
    if (isIPv6(address) !== isIPv6(ip)) return false;
    const range = new BlockList();
    range.addSubnet(address, prefixLength, family);
    return range.check(ip, family);
  });
}

import type { AddressType, Endpoint, EndpointGroup } from './desired.ts';
import type { ZoneShares } from './zones.ts';

/** By how much a zone's endpoints may be busier than the average. */
const OVERLOAD = 0.2;

/** Endpoints with hints for zones, or why there are none. */
export type TopologyPlan = { readonly groups: EndpointGroup[] } | { readonly problem: string };

/** How many endpoints a zone should have: by its share, and at least and at most so that none is overloaded. */
interface Allocation {
  readonly desired: number;
  readonly minimum: number;
  readonly maximum: number;
}

/**
 * Gives each ready endpoint the zone that is to use it (KEP-2433): its own as far as possible, but so many to each zone
 * as its processors will need. When that cannot be done well, nobody gets a hint.
 */
export function planTopology(groups: readonly EndpointGroup[], shares: ZoneShares | undefined): TopologyPlan {
  const ready = groups.flatMap(({ endpoints }) => endpoints).filter(({ conditions }) => conditions?.ready);
  const allocations = allocate(ready.length, shares);
  if (typeof allocations === 'string') return { problem: allocations };
  if (ready.some(({ zone }) => !zone)) return { problem: 'One or more endpoints do not have a zone specified' };
  const zones = distribute(ready, allocations);
  const hinted = (endpoint: Endpoint) => {
    const zone = zones.get(endpoint);
    return zone === undefined ? endpoint : { ...endpoint, hints: { forZones: [{ name: zone }] } };
  };
  return { groups: groups.map((group) => ({ ...group, endpoints: group.endpoints.map(hinted) })) };
}

/** What a family's hints are about, for messages. */
export function withFamily(message: string, family: AddressType): string {
  return `${message}, addressType: ${family}`;
}

function allocate(count: number, shares: ZoneShares | undefined): Map<string, Allocation> | string {
  if (!shares) {
    return 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';
  }
  if (shares.size < 2) return 'Nodes only ready in one zone';
  const counts = `(${count} endpoints, ${shares.size} zones)`;
  if (shares.size > count) return `Insufficient number of endpoints ${counts}`;
  const minimums = [...shares].map(([zone, share]) => {
    const desired = share * count;
    return { zone, desired, minimum: Math.ceil(desired / (1 + OVERLOAD)) };
  });
  const spare = count - minimums.reduce((sum, { minimum }) => sum + minimum, 0);
  if (spare < 0) {
    return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${counts}`;
  }
  return new Map(minimums.map(({ zone, ...rest }) => [zone, { ...rest, maximum: rest.minimum + spare }]));
}

/** The zone of each endpoint. It depends on which endpoints there are and not on their order, so that hints stay. */
function distribute(ready: readonly Endpoint[], allocations: ReadonlyMap<string, Allocation>): Map<Endpoint, string> {
  const zones = new Map<string, Endpoint[]>([...allocations.keys()].sort().map((zone) => [zone, []]));
  const homeless: Endpoint[] = [];
  for (const endpoint of [...ready].sort(byAddress)) (zones.get(endpoint.zone!) ?? homeless).push(endpoint);
  const surplus = (zone: string) => zones.get(zone)!.length - allocations.get(zone)!.desired;
  const poorest = () => [...zones.keys()].reduce((a, b) => (surplus(b) < surplus(a) ? b : a));
  const richest = () => [...zones.keys()].reduce((a, b) => (surplus(b) > surplus(a) ? b : a));
  for (const endpoint of homeless) zones.get(poorest())!.push(endpoint);
  const unfair = () =>
    [...zones].some(([zone, { length }]) => {
      const { minimum, maximum } = allocations.get(zone)!;
      return length < minimum || length > maximum;
    });
  for (let moves = 0; unfair() && moves < ready.length; moves++) {
    zones.get(poorest())!.push(zones.get(richest())!.pop()!);
  }
  return new Map([...zones].flatMap(([zone, list]) => list.map((endpoint) => [endpoint, zone] as const)));
}

function byAddress(a: Endpoint, b: Endpoint): number {
  return a.addresses[0]! < b.addresses[0]! ? -1 : 1;
}

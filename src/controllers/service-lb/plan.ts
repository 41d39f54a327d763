import type { Node } from '../../api/core-v1/node.ts';
import type { Service } from '../../api/core-v1/service.ts';
import { isReady, type EndpointSlice } from '../../api/discovery-v1/endpoint-slice.ts';
import { canonicalIp, ipFamily, type IpFamily } from '../../apimachinery/ip-address.ts';
import type { AddressPool } from './pool.ts';
import type { TakenPorts } from './taken-ports.ts';

/** The class under which a service may ask for this controller by name; without any class it is ours too. */
export const LOAD_BALANCER_CLASS = 'coxswain.io/service-lb';

const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers';

/** Whether another load balancer sees to the service. */
export function isForeign({ spec }: Service): boolean {
  const { type, loadBalancerClass } = spec ?? {};
  return type === 'LoadBalancer' && loadBalancerClass !== undefined && loadBalancerClass !== LOAD_BALANCER_CLASS;
}

/** What a plan goes by. */
export interface Surroundings {
  readonly nodes: readonly Node[];
  /** Those of the service. */
  readonly slices: readonly EndpointSlice[];
  /** Absent: services get the nodes' own addresses. */
  readonly pool: AddressPool | undefined;
  /** Addresses of the pool that other services have. */
  readonly givenAway: ReadonlySet<string>;
  /** Which ports of which nodes' addresses somebody else has. */
  readonly taken: TakenPorts;
}

/** The addresses that a service is to have, and what keeps it from having (more of) them. */
export interface Plan {
  readonly addresses: readonly string[];
  /** No node can take part; there may be addresses all the same. */
  readonly noNodes: boolean;
  /** Why it has no address, or not all. */
  readonly problem?: { readonly reason: string; readonly message: string };
}

/** Whether the service is to have a load balancer of ours. */
export function wantsLoadBalancer({ metadata, spec }: Service): boolean {
  return spec?.type === 'LoadBalancer' && !metadata.deletionTimestamp && !isForeign({ spec } as Service);
}

/** Decides which addresses the service has. */
export function plan(service: Service, around: Surroundings): Plan {
  const nodes = nodesFor(service, around);
  if (around.pool) return { ...fromPool(service, around.pool, around.givenAway), noNodes: nodes.length === 0 };
  if (nodes.length === 0) return { addresses: [], noNodes: true };
  return { ...fromNodes(service, nodes, around.taken), noNodes: false };
}

/** The nodes that take connections for the service, by name. */
export function nodesFor(service: Service, { nodes, slices }: Pick<Surroundings, 'nodes' | 'slices'>): Node[] {
  const candidates = nodes.filter(takesConnections).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  if (service.spec?.externalTrafficPolicy !== 'Local') return candidates;
  const serving = nodesWithEndpoints(slices);
  return candidates.filter(({ metadata }) => serving.has(metadata.name));
}

function takesConnections({ metadata, status }: Node): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
  return ready && metadata.labels?.[EXCLUDED] === undefined && !metadata.deletionTimestamp;
}

function nodesWithEndpoints(slices: readonly EndpointSlice[]): Set<string> {
  const endpoints = slices.flatMap((slice) => slice.endpoints ?? []);
  const serving = endpoints.filter(isReady);
  return new Set(serving.flatMap(({ nodeName }) => nodeName ?? []));
}

function familiesOf({ spec }: Service): IpFamily[] {
  return (spec?.ipFamilies?.length ? spec.ipFamilies : ['IPv4']) as IpFamily[];
}

function currentAddresses({ status }: Service): string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [canonicalIp(ip)] : []));
}

/** One address of each family: the one asked for, else the one it has, else the lowest free one. */
function fromPool(service: Service, pool: AddressPool, given: ReadonlySet<string>): Omit<Plan, 'noNodes'> {
  const asked = service.spec?.loadBalancerIP;
  const wrong = asked ? wrongAddress(canonicalIp(asked), service, pool, given) : undefined;
  if (wrong) return { addresses: [], problem: { reason: 'AddressNotAvailable', message: wrong } };
  const current = currentAddresses(service).filter((ip) => pool.has(ip) && !given.has(ip));
  const preferred = asked ? [canonicalIp(asked), ...current] : current;
  const choose = (family: IpFamily) => preferred.find((ip) => ipFamily(ip) === family) ?? pool.free(family, given);
  const chosen = familiesOf(service).map((family) => ({ family, ip: choose(family) }));
  const addresses = chosen.flatMap(({ ip }) => ip ?? []);
  const lacking = chosen.filter(({ ip }) => ip === undefined).map(({ family }) => family);
  if (lacking.length === 0) return { addresses };
  const message = `no ${lacking.join(' and no ')} address of the load balancer pool is free`;
  return { addresses, problem: { reason: 'PoolExhausted', message } };
}

function wrongAddress(ip: string, service: Service, pool: AddressPool, given: ReadonlySet<string>): string | undefined {
  if (!pool.has(ip)) return `the address ${ip} of spec.loadBalancerIP is not in the load balancer pool`;
  if (given.has(ip)) return `the address ${ip} of spec.loadBalancerIP is in use by another service`;
  if (familiesOf(service).includes(ipFamily(ip))) return undefined;
  return `the address ${ip} of spec.loadBalancerIP is of none of the service's IP families`;
}

/** The addresses of the nodes on which all ports of the service are free. */
function fromNodes(service: Service, nodes: readonly Node[], taken: TakenPorts): Omit<Plan, 'noNodes'> {
  const all = nodes.flatMap((node) => addressesOf(node, familiesOf(service)));
  const asked = service.spec?.loadBalancerIP;
  const wanted = asked && all.includes(canonicalIp(asked)) ? [canonicalIp(asked)] : [...new Set(all)];
  const conflicts = wanted.map((ip) => ({ ip, why: conflictOn(ip, service, taken) }));
  const addresses = conflicts.filter(({ why }) => why === undefined).map(({ ip }) => ip);
  const first = conflicts.find(({ why }) => why !== undefined)?.why;
  if (first) return { addresses, problem: { reason: 'PortConflict', message: first } };
  if (addresses.length > 0) return { addresses };
  const message = `the nodes have no address of the family ${familiesOf(service).join(' or ')}`;
  return { addresses, problem: { reason: 'NoAddress', message } };
}

/** External addresses of a node go before internal ones. */
function addressesOf({ status }: Node, families: readonly IpFamily[]): string[] {
  const of = (type: string) =>
    (status?.addresses ?? []).filter((a) => a.type === type).map(({ address }) => canonicalIp(address));
  return families.flatMap((family) => {
    const [external, internal] = ['ExternalIP', 'InternalIP'].map((type) =>
      of(type).filter((ip) => ipFamily(ip) === family),
    );
    return external!.length > 0 ? external! : internal!;
  });
}

function conflictOn(ip: string, { spec }: Service, taken: TakenPorts): string | undefined {
  for (const { port, protocol = 'TCP' } of spec?.ports ?? []) {
    const holder = taken.holder(ip, port, protocol);
    if (holder) return `port ${port}/${protocol} of ${ip} is taken by ${holder}`;
  }
  return undefined;
}

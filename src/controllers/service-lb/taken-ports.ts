import type { Node } from '../../api/core-v1/node.ts';
import type { Service } from '../../api/core-v1/service.ts';
import type { EndpointSlice } from '../../api/discovery-v1/endpoint-slice.ts';
import type { Ingress } from '../../api/networking-v1/ingress.ts';
import { canonicalIp } from '../../apimachinery/ip-address.ts';
import { keyOf } from '../../apimachinery/object.ts';

/** Who has which ports of the nodes' addresses. */
export class TakenPorts {
  readonly #holders = new Map<string, string>();

  /** `who` is written as it stands in messages, e.g. `the Service default/web`. The first keeps a port. */
  add(ip: string, port: number, protocol: string, who: string): void {
    const key = `${canonicalIp(ip)} ${port}/${protocol}`;
    if (!this.#holders.has(key)) this.#holders.set(key, who);
  }

  holder(ip: string, port: number, protocol: string): string | undefined {
    return this.#holders.get(`${ip} ${port}/${protocol}`);
  }
}

/** What stands against a service that wants ports of the nodes' own addresses. */
export interface Claimants {
  /** Other services of our load balancers. */
  readonly services: readonly Service[];
  /** Addresses that services were given and whose status may not show it yet, by uid. */
  readonly granted: ReadonlyMap<string, readonly string[]>;
  readonly ingresses: readonly Ingress[];
  readonly nodes: readonly Node[];
  /** Where the API servers listen. */
  readonly apiServers: readonly EndpointSlice[];
}

/** The ports that `service` must leave alone: those of the control plane, of ingress controllers, and of other services. */
export function takenPorts(service: Service, claimants: Claimants): TakenPorts {
  const taken = new TakenPorts();
  for (const { ip, port } of claimants.apiServers.flatMap(listenersOf)) taken.add(ip, port, 'TCP', 'the API server');
  for (const node of claimants.nodes) addKubelet(taken, node);
  for (const ingress of claimants.ingresses) addIngress(taken, ingress);
  const others = claimants.services.filter(({ metadata }) => metadata.uid !== service.metadata.uid);
  for (const other of others) addService(taken, other, claimants.granted.get(other.metadata.uid) ?? []);
  return taken;
}

function listenersOf({ endpoints, ports }: EndpointSlice): { ip: string; port: number }[] {
  const ips = (endpoints ?? []).flatMap(({ addresses }) => addresses);
  return ips.flatMap((ip) => (ports ?? []).flatMap(({ port }) => (port ? [{ ip, port }] : [])));
}

function ipsOf({ status }: Node): string[] {
  const types = ['InternalIP', 'ExternalIP'];
  return (status?.addresses ?? []).filter(({ type }) => types.includes(type)).map(({ address }) => address);
}

function addKubelet(taken: TakenPorts, node: Node): void {
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port;
  if (!port) return;
  for (const ip of ipsOf(node)) taken.add(ip, port, 'TCP', `the kubelet of the node ${node.metadata.name}`);
}

/** An ingress controller that listens on a node's address says in the status on which ports. */
function addIngress(taken: TakenPorts, { metadata, status }: Ingress): void {
  for (const { ip, ports } of status?.loadBalancer?.ingress ?? []) {
    for (const { port, protocol } of ip ? (ports ?? []) : []) {
      taken.add(ip!, port, protocol, `the ingress controller that serves the Ingress ${keyOf(metadata)}`);
    }
  }
}

function addService(taken: TakenPorts, service: Service, more: readonly string[]): void {
  const shown = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
  for (const ip of [...shown, ...more]) {
    for (const { port, protocol = 'TCP' } of service.spec?.ports ?? []) {
      taken.add(ip, port, protocol, `the Service ${keyOf(service)}`);
    }
  }
}

import { isIPv6 } from 'node:net';
import { endpoints } from '../api/core-v1/endpoints.ts';
import { namespace } from '../api/core-v1/namespace.ts';
import { node, type Node } from '../api/core-v1/node.ts';
import { service, type Service } from '../api/core-v1/service.ts';
import { endpointSlice, type EndpointSlice } from '../api/discovery-v1/endpoint-slice.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import type { Kind } from '../apimachinery/kind.ts';
import type { KubeObject, New } from '../apimachinery/object.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { errorMessage, type Log } from '../base/log.ts';
import type { Client } from '../client/client.ts';
import { dnsEndpoints, endpointsDiffer } from './endpoints.ts';

/** Where a DNS server listens. */
export interface DnsPlace {
  readonly host: string;
  readonly port: number;
  /** Absent: there are no metrics to scrape. */
  readonly statusPort?: number | undefined;
  /** What tells this server from others of the cluster: the node's name. */
  readonly name: string;
  /** The node on which it runs, when that is a node of the cluster. */
  readonly nodeName?: string | undefined;
}

const NAMESPACE = 'kube-system';
const NAME = 'kube-dns';
/** Who writes our slices; the endpoint slice controller leaves them alone. */
const MANAGER = 'coxswain-dns';
/** Milliseconds between two looks at whether everything is still there. */
const CHECK_EVERY = 30_000;

/** The service by which pods reach the cluster's DNS, as kubeadm makes it, but without pods to select. */
export function dnsService(clusterIp: string): New<Service> {
  const labels = {
    'k8s-app': NAME,
    'kubernetes.io/cluster-service': 'true',
    'kubernetes.io/name': 'CoreDNS',
  };
  const annotations = { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' };
  const ports = [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, protocol: 'TCP' },
    { name: 'metrics', port: 9153, protocol: 'TCP' },
  ];
  const spec = { clusterIP: clusterIp, ports, sessionAffinity: 'None', type: 'ClusterIP' };
  return { metadata: { namespace: NAMESPACE, name: NAME, labels, annotations }, spec };
}

/** Leads the service to one server. */
export function dnsSlice({ host, port, statusPort, name, nodeName }: DnsPlace): New<EndpointSlice> {
  const labels = {
    'kubernetes.io/service-name': NAME,
    'endpointslice.kubernetes.io/managed-by': MANAGER,
    'k8s-app': NAME,
  };
  const conditions = { ready: true, serving: true, terminating: false };
  return {
    metadata: { namespace: NAMESPACE, name: `${NAME}-${name}`.slice(0, 253), labels },
    addressType: isIPv6(host) ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [host], conditions, ...(nodeName && { nodeName }) }],
    ports: [
      { name: 'dns', port, protocol: 'UDP' },
      { name: 'dns-tcp', port, protocol: 'TCP' },
      ...(statusPort ? [{ name: 'metrics', port: statusPort, protocol: 'TCP' }] : []),
    ],
  };
}

/** Whether somebody else runs the cluster's DNS: the service leads to pods. Pure. */
export function isOthers(found: Service | undefined): boolean {
  return Object.keys(found?.spec?.selector ?? {}).length > 0;
}

/** Whether a slice has to be written anew. Pure. */
export function differs(found: EndpointSlice | undefined, wanted: New<EndpointSlice>): boolean {
  if (!found) return true;
  const shape = ({
    addressType,
    endpoints = [],
    ports = [],
  }: Pick<EndpointSlice, 'addressType' | 'endpoints' | 'ports'>) =>
    JSON.stringify([
      addressType,
      endpoints.map(({ addresses, conditions, nodeName }) => [addresses, conditions?.ready, nodeName]),
      ports.map(({ name, port, protocol }) => [name, port, protocol]),
    ]);
  const labels = Object.entries(wanted.metadata.labels ?? {});
  return shape(found) !== shape(wanted) || labels.some(([key, value]) => found.metadata.labels?.[key] !== value);
}

/**
 * The slices of servers that ended without a word: their node is gone or not ready. A server that comes back writes its
 * own again. Pure.
 */
export function deadSlices(
  slices: readonly EndpointSlice[],
  nodes: readonly Node[],
  own: string | undefined,
): string[] {
  const isReady = ({ status }: Node) => status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True');
  const alive = new Set(nodes.filter(isReady).map(({ metadata }) => metadata.name));
  return slices.flatMap(({ metadata, endpoints }) => {
    const node = endpoints?.[0]?.nodeName;
    return metadata.name === own || !node || alive.has(node) ? [] : [metadata.name];
  });
}

export interface PublisherOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  /** The address that kubelets write into pods' resolver files. */
  readonly clusterIp: string;
  /** Undefined while the server does not answer. */
  readonly place: () => DnsPlace | undefined;
}

/** Keeps the service `kube-dns` and our part of its endpoints as they should be. */
export class DnsPublisher implements Component {
  readonly name = 'dns-publisher';
  readonly #options: PublisherOptions;
  #timer: Timer | undefined;
  #busy: Promise<void> = Promise.resolve();
  #warned = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Resolves after the first look; what fails then is tried again. */
  async start(): Promise<void> {
    this.#timer = this.#options.clock.every(CHECK_EVERY, () => void this.check());
    await this.check();
  }

  /** Takes our endpoint away, so that nobody is sent where nothing listens. */
  async stop(): Promise<void> {
    if (!this.#timer) return;
    this.#timer.cancel();
    this.#timer = undefined;
    await this.#busy;
    const place = this.#options.place();
    if (!place || isOthers(await this.#service().catch(() => undefined))) return;
    await this.#remove(dnsSlice(place).metadata.name!)
      .then(async () => this.#ensureEndpoints(await this.#slices()))
      .catch(() => {}); // it is looked at again when a server starts
  }

  /** Looks, and repairs what is not as it should be. Never rejects. */
  check(): Promise<void> {
    this.#busy = this.#busy
      .then(() => this.#ensure())
      .catch((error) => {
        this.#options.log.warn('the service kube-dns could not be written', { error: errorMessage(error) });
      });
    return this.#busy;
  }

  async #ensure(): Promise<void> {
    const { clusterIp, place } = this.#options;
    const found = await this.#service();
    const at = place();
    if (isOthers(found)) return at && this.#remove(dnsSlice(at).metadata.name!);
    if (!found) await this.#create(namespace, { metadata: { name: NAMESPACE } });
    if (!found) await this.#create(service, dnsService(clusterIp));
    else if (found.spec?.clusterIP !== clusterIp) this.#warn(found.spec?.clusterIP);
    if (at) await this.#ensureSlice(dnsSlice(at));
    const slices = await this.#slices();
    const dead = await this.#removeDead(slices, at && dnsSlice(at).metadata.name);
    await this.#ensureEndpoints(slices.filter(({ metadata }) => !dead.includes(metadata.name)));
  }

  #service(): Promise<Service | undefined> {
    return this.#options.client.find(service, { namespace: NAMESPACE, name: NAME });
  }

  /** Those of all servers. */
  async #slices(): Promise<EndpointSlice[]> {
    const labelSelector = `endpointslice.kubernetes.io/managed-by=${MANAGER}`;
    const { items } = await this.#options.client.list(endpointSlice, { namespace: NAMESPACE, labelSelector });
    return items;
  }

  async #removeDead(slices: readonly EndpointSlice[], own: string | undefined): Promise<string[]> {
    if (!slices.some(({ metadata }) => metadata.name !== own)) return [];
    const { items: nodes } = await this.#options.client.list(node);
    const dead = deadSlices(slices, nodes, own);
    for (const name of dead) await this.#remove(name);
    return dead;
  }

  async #ensureEndpoints(slices: readonly EndpointSlice[]): Promise<void> {
    const { client } = this.#options;
    const name = { namespace: NAMESPACE, name: NAME };
    const wanted = dnsEndpoints(name, slices);
    const found = await client.find(endpoints, name);
    if (!found) return this.#create(endpoints, wanted);
    if (!endpointsDiffer(found, wanted)) return;
    const labels = { ...found.metadata.labels, ...wanted.metadata.labels };
    await client.update(endpoints, { ...found, subsets: wanted.subsets!, metadata: { ...found.metadata, labels } });
  }

  async #ensureSlice(wanted: New<EndpointSlice>): Promise<void> {
    const { client } = this.#options;
    const found = await client.find(endpointSlice, { namespace: NAMESPACE, name: wanted.metadata.name! });
    if (found && found.addressType !== wanted.addressType) await this.#remove(found.metadata.name);
    else if (found && !differs(found, wanted)) return;
    else if (found) {
      const labels = { ...found.metadata.labels, ...wanted.metadata.labels };
      await client.update(endpointSlice, { ...found, ...wanted, metadata: { ...found.metadata, labels } });
      return;
    }
    await this.#create(endpointSlice, wanted);
  }

  async #create<T extends KubeObject>(kind: Kind<T>, object: New<T>): Promise<void> {
    await this.#options.client.create(kind, object).catch((error) => {
      if (!isApiError(error, 'AlreadyExists')) throw error;
    });
  }

  async #remove(name: string): Promise<void> {
    await this.#options.client.delete(endpointSlice, { namespace: NAMESPACE, name }).catch((error) => {
      if (!isApiError(error, 'NotFound')) throw error;
    });
  }

  #warn(clusterIp: string | undefined): void {
    if (this.#warned) return;
    this.#warned = true;
    const wanted = this.#options.clusterIp;
    this.#options.log.warn('the service kube-dns has another address than pods ask', { clusterIp, wanted });
  }
}

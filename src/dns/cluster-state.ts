import type { Namespace } from '../api/core-v1/namespace.ts';
import type { Service } from '../api/core-v1/service.ts';
import { isReady, type EndpointSlice } from '../api/discovery-v1/endpoint-slice.ts';
import { canonicalIp } from '../apimachinery/ip-address.ts';
import { keyOf } from '../apimachinery/object.ts';
import type { ReflectorTarget } from '../client/reflector.ts';

/** What DNS tells of a service. */
export interface ServiceFacts {
  readonly namespace: string;
  readonly name: string;
  /** Cluster IPs of all families; none for headless services. */
  readonly ips: readonly string[];
  readonly headless: boolean;
  /** Of the type ExternalName, in small letters and without a dot at the end. */
  readonly externalName: string | undefined;
  readonly ports: readonly PortFacts[];
}

export interface PortFacts {
  /** Empty: the port has none. */
  readonly name: string;
  /** `tcp`, `udp` or `sctp`. */
  readonly protocol: string;
  readonly port: number;
}

/** One ready address of a service. */
export interface EndpointFacts {
  readonly address: string;
  /** The label before the service's name: the hostname, else the address with dashes. */
  readonly hostname: string;
  readonly ports: readonly PortFacts[];
}

interface SliceFacts {
  readonly service: string;
  readonly endpoints: readonly EndpointFacts[];
}

/** What of the cluster DNS knows, with the ways in that questions need. Names are in small letters. */
export interface ClusterReader {
  hasNamespace(name: string): boolean;
  service(namespace: string, name: string): ServiceFacts | undefined;
  /** The ready endpoints of a service, each address once per list of ports. */
  endpoints(namespace: string, name: string): EndpointFacts[];
  /** The service of a cluster IP. The address is as `canonicalIp` writes it. */
  serviceOfIp(address: string): ServiceFacts | undefined;
  /** The endpoints with this address, and the services that they are of. */
  endpointsOfIp(address: string): { service: ServiceFacts; endpoint: EndpointFacts }[];
}

/** A copy of what DNS tells of the cluster, small and indexed; reflectors keep it current. */
export class ClusterState implements ClusterReader {
  readonly #namespaces = new Set<string>();
  readonly #services = new Map<string, ServiceFacts>();
  readonly #slices = new Map<string, SliceFacts>();
  readonly #slicesOf = new Map<string, Set<string>>();
  readonly #serviceOfIp = new Map<string, string>();
  readonly #slicesOfIp = new Map<string, Set<string>>();
  readonly #changed: () => void;

  /** @param changed is called after every change of what could be answered */
  constructor(changed: () => void = () => {}) {
    this.#changed = changed;
  }

  readonly namespaces: ReflectorTarget<Namespace> = this.#target(
    (key) => this.#namespaces.add(key),
    (key) => this.#namespaces.delete(key),
    () => this.#namespaces,
  );

  readonly services: ReflectorTarget<Service> = this.#target(
    (key, service) => this.#putService(key, serviceFacts(service)),
    (key) => this.#dropService(key),
    () => this.#services.keys(),
  );

  readonly slices: ReflectorTarget<EndpointSlice> = this.#target(
    (key, slice) => this.#putSlice(key, sliceFacts(slice)),
    (key) => this.#dropSlice(key),
    () => this.#slices.keys(),
  );

  hasNamespace(name: string): boolean {
    return this.#namespaces.has(name);
  }

  service(namespace: string, name: string): ServiceFacts | undefined {
    return this.#services.get(`${namespace}/${name}`);
  }

  endpoints(namespace: string, name: string): EndpointFacts[] {
    const slices = [...(this.#slicesOf.get(`${namespace}/${name}`) ?? [])];
    const all = slices.flatMap((key) => this.#slices.get(key)!.endpoints);
    // While slices are rewritten an endpoint may stand in two of them.
    const seen = new Map(all.map((e) => [`${e.address} ${e.hostname} ${JSON.stringify(e.ports)}`, e]));
    return seen.size === all.length ? all : [...seen.values()];
  }

  serviceOfIp(address: string): ServiceFacts | undefined {
    return this.#services.get(this.#serviceOfIp.get(address) ?? '');
  }

  endpointsOfIp(address: string): { service: ServiceFacts; endpoint: EndpointFacts }[] {
    return [...(this.#slicesOfIp.get(address) ?? [])].flatMap((key) => {
      const slice = this.#slices.get(key)!;
      const service = this.#services.get(slice.service);
      if (!service) return [];
      return slice.endpoints.filter((e) => e.address === address).map((endpoint) => ({ service, endpoint }));
    });
  }

  #target<T extends Namespace | Service | EndpointSlice>(
    put: (key: string, object: T) => void,
    drop: (key: string) => void,
    keys: () => Iterable<string>,
  ): ReflectorTarget<T> {
    return {
      replace: (objects) => {
        const gone = new Set(keys());
        for (const object of objects) gone.delete(keyOf(object));
        for (const key of gone) drop(key);
        for (const object of objects) put(keyOf(object), object);
        this.#changed();
      },
      put: (object) => {
        put(keyOf(object), object);
        this.#changed();
      },
      remove: (object) => {
        drop(keyOf(object));
        this.#changed();
      },
    };
  }

  #putService(key: string, service: ServiceFacts): void {
    this.#dropService(key);
    this.#services.set(key, service);
    for (const ip of service.ips) this.#serviceOfIp.set(ip, key);
  }

  #dropService(key: string): void {
    for (const ip of this.#services.get(key)?.ips ?? [])
      if (this.#serviceOfIp.get(ip) === key) this.#serviceOfIp.delete(ip);
    this.#services.delete(key);
  }

  #putSlice(key: string, slice: SliceFacts): void {
    this.#dropSlice(key);
    this.#slices.set(key, slice);
    add(this.#slicesOf, slice.service, key);
    for (const { address } of slice.endpoints) add(this.#slicesOfIp, address, key);
  }

  #dropSlice(key: string): void {
    const slice = this.#slices.get(key);
    if (!slice) return;
    this.#slices.delete(key);
    remove(this.#slicesOf, slice.service, key);
    for (const { address } of slice.endpoints) remove(this.#slicesOfIp, address, key);
  }
}

function add(map: Map<string, Set<string>>, at: string, key: string): void {
  const keys = map.get(at);
  if (keys) keys.add(key);
  else map.set(at, new Set([key]));
}

function remove(map: Map<string, Set<string>>, at: string, key: string): void {
  const keys = map.get(at);
  if (keys?.delete(key) && keys.size === 0) map.delete(at);
}

function serviceFacts({ metadata, spec = {} }: Service): ServiceFacts {
  const { namespace = '', name } = metadata;
  const external = spec.type === 'ExternalName';
  const ips = spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP ?? ''];
  return {
    namespace,
    name,
    ips: external ? [] : ips.filter((ip) => ip && ip !== 'None').map(canonicalIp),
    headless: !external && ips.includes('None'),
    externalName: external ? (spec.externalName ?? '').toLowerCase().replace(/\.$/, '') : undefined,
    ports: portFacts(spec.ports ?? []),
  };
}

function portFacts(ports: readonly { name?: string; protocol?: string; port?: number }[]): PortFacts[] {
  return ports.flatMap(({ name = '', protocol = 'TCP', port }) =>
    port === undefined || port === null ? [] : [{ name, protocol: protocol.toLowerCase(), port }],
  );
}

function sliceFacts({ metadata, addressType, endpoints, ports }: EndpointSlice): SliceFacts {
  const service = `${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name'] ?? ''}`;
  // A name is no address: DNS has nothing to tell of it.
  if (addressType === 'FQDN') return { service, endpoints: [] };
  const shared = portFacts(ports ?? []);
  const ready = (endpoints ?? []).filter(isReady);
  return {
    service,
    endpoints: ready.flatMap(({ addresses, hostname }) =>
      addresses.map((address) => ({
        address: canonicalIp(address),
        hostname: hostname?.toLowerCase() || canonicalIp(address).replace(/[.:]/g, '-'),
        ports: shared,
      })),
    ),
  };
}

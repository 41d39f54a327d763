import type { EndpointSlice } from '../../src/api/discovery-v1/endpoint-slice.ts';
import type { Service } from '../../src/api/core-v1/service.ts';
import { seededRandom, type Random } from '../../src/base/random.ts';
import { servicePorts, type ServicePort } from '../../src/proxy/model.ts';

type Spec = NonNullable<Service['spec']>;
type SliceEndpoints = NonNullable<EndpointSlice['endpoints']>;

/** Choices that a seed determines. */
export class Seeded {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  one<T>(of: readonly T[]): T {
    return of[this.below(of.length)]!;
  }
}

/** A few services that change at random: types, ports, policies, addresses, endpoints and their conditions. */
export class RandomCluster {
  readonly #random: Seeded;
  readonly #objects = new Map<string, { service: Service; slices: EndpointSlice[] }>();

  constructor(seed: number) {
    this.#random = new Seeded(seed);
  }

  /** Changes something; returns the keys of the services concerned. */
  step(): string[] {
    const random = this.#random;
    const keys = Array.from({ length: 1 + random.below(3) }, () => `shop/s${random.below(6)}`);
    for (const key of keys) {
      const known = this.#objects.get(key);
      if (known && random.chance(15)) this.#objects.delete(key);
      else if (known && random.chance(60)) known.slices = this.#slices(known.service);
      else this.#put(key);
    }
    return [...new Set(keys)];
  }

  get keys(): string[] {
    return [...this.#objects.keys()];
  }

  ports(key: string): ServicePort[] {
    const known = this.#objects.get(key);
    return known ? servicePorts(known.service, known.slices, { name: 'n1', zone: 'a' }) : [];
  }

  #put(key: string): void {
    const service = this.#service(key);
    this.#objects.set(key, { service, slices: this.#slices(service) });
  }

  #service(key: string): Service {
    const random = this.#random;
    const [namespace = '', name = ''] = key.split('/');
    const number = Number(name.slice(1));
    const type = random.one(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']);
    const open = type === 'NodePort' || type === 'LoadBalancer';
    const clusterIP = type === 'ExternalName' ? '' : `10.96.${random.below(2)}.${number}`;
    const ports = ['a', 'b', 'c'].slice(0, 1 + random.below(3)).map((port, i) => ({
      name: port,
      port: 80 + i,
      protocol: random.one(['TCP', 'UDP', 'SCTP']),
      ...(open && { nodePort: 30_000 + number * 100 + i * 20 + random.below(20) }),
    }));
    const local = () => random.one(['Cluster', 'Local']);
    const spec: Spec = {
      type,
      clusterIP,
      clusterIPs: random.chance(40) && clusterIP ? [clusterIP, `fd00::${number + 1}`] : [clusterIP],
      ports,
      internalTrafficPolicy: local(),
      ...(open && { externalTrafficPolicy: local(), healthCheckNodePort: 32_000 + number }),
      ...(random.chance(30) && { sessionAffinity: 'ClientIP' }),
      ...(random.chance(40) && { externalIPs: [`198.51.100.${number * 4 + random.below(4)}`] }),
      ...(random.chance(40) && { loadBalancerSourceRanges: [random.one(['192.0.2.0/24', '0.0.0.0/0', '10.0.0.0/8'])] }),
    };
    const ingress = random.chance(70) ? [{ ip: `203.0.113.${number}`, ipMode: random.one(['VIP', 'Proxy']) }] : [];
    const metadata = { namespace, name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
    return { apiVersion: 'v1', kind: 'Service', metadata, spec, status: { loadBalancer: { ingress } } };
  }

  #slices({ metadata, spec }: Service): EndpointSlice[] {
    const random = this.#random;
    const named = (spec?.ports ?? []).map(({ name = '', protocol = 'TCP' }, i) => ({ name, protocol, port: 8080 + i }));
    const slice = (addressType: string, address: (n: number) => string): EndpointSlice => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': metadata.name } },
      addressType,
      ports: named.filter(() => random.chance(90)),
      endpoints: Array.from({ length: random.below(5) }, () => this.#endpoint(address)),
    });
    return [slice('IPv4', (n) => `10.244.0.${n}`), slice('IPv6', (n) => `fd01::${n + 1}`)];
  }

  #endpoint(address: (n: number) => string): SliceEndpoints[number] {
    const random = this.#random;
    const ready = random.chance(70);
    const zone = random.one(['a', 'b']);
    return {
      addresses: [address(2 + random.below(8))],
      conditions: { ready, serving: ready || random.chance(50), terminating: !ready && random.chance(60) },
      ...(random.chance(90) && { nodeName: random.one(['n1', 'n2']) }),
      ...(random.chance(70) && { hints: { forZones: [{ name: zone }] } }),
    };
  }
}

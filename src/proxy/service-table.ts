import { endpointSlice, type EndpointSlice } from '../api/discovery-v1/endpoint-slice.ts';
import { service, type Service } from '../api/core-v1/service.ts';
import { keyOf } from '../apimachinery/object.ts';
import type { Informer, Informers } from '../client/informer.ts';
import { healthPort, type HealthPort } from './health-ports.ts';
import { serviceNameLabel, servicePorts, type ServicePort } from './model.ts';
import type { NodeFacts } from './endpoints.ts';

const byService = 'service';

/** When a pod changed such that endpoints did (written by the controller of slices). */
const triggerTime = 'endpoints.kubernetes.io/last-change-trigger-time';

/** A service that has changed, by its key. */
export interface ChangedService {
  readonly key: string;
  readonly before: readonly ServicePort[];
  readonly after: readonly ServicePort[];
  readonly healthPort: HealthPort | undefined;
}

/** The ports of all services, looked at anew service by service as they or their endpoints change. */
export class ServiceTable {
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #ports = new Map<string, readonly ServicePort[]>();
  #dirty = new Set<string>();
  #triggers: number[] = [];

  /** @param changed called when there is something to `take`, with what it was that changed */
  constructor(informers: Informers, changed: (what: 'service' | 'endpoint') => void) {
    this.#services = informers.of<Service>(service);
    this.#slices = informers.of<EndpointSlice>(endpointSlice);
    this.#slices.addIndex(byService, (slice) => [keyOfService(slice) ?? '']);
    const aboutService = (object: Service) => {
      this.#dirty.add(keyOf(object));
      changed('service');
    };
    const aboutSlice = (...slices: EndpointSlice[]) => {
      for (const key of slices.map(keyOfService)) if (key) this.#dirty.add(key);
      this.#noteTrigger(slices[0]!);
      changed('endpoint');
    };
    this.#services.listen({ added: aboutService, updated: aboutService, deleted: aboutService });
    this.#slices.listen({ added: aboutSlice, updated: aboutSlice, deleted: aboutSlice });
  }

  get isDirty(): boolean {
    return this.#dirty.size > 0;
  }

  /** All services are to be looked at anew, as when the node has changed. */
  touchAll(): void {
    for (const object of this.#services.list()) this.#dirty.add(keyOf(object));
  }

  /** The keys of what has changed since this was last asked. */
  take(): string[] {
    const keys = [...this.#dirty];
    this.#dirty = new Set();
    return keys;
  }

  /** When the endpoints that have changed since this was last asked did so, in milliseconds since the epoch. */
  takeTriggers(): number[] {
    return this.#triggers.splice(0);
  }

  /** Looks at a service anew. */
  look(key: string, node: NodeFacts): ChangedService {
    const before = this.#ports.get(key) ?? [];
    const object = this.#services.get(key);
    const slices = object ? this.#slices.byIndex(byService, key) : [];
    const after = object ? servicePorts(object, slices, node) : [];
    if (after.length > 0) this.#ports.set(key, after);
    else this.#ports.delete(key);
    return { key, before, after, healthPort: object && healthPort(object, slices, node.name) };
  }

  /** The ports of all services. */
  *ports(): Generator<ServicePort> {
    for (const ports of this.#ports.values()) yield* ports;
  }

  #noteTrigger(slice: EndpointSlice): void {
    const at = Date.parse(slice.metadata.annotations?.[triggerTime] ?? '');
    // What there was before the start says nothing about how quick we are.
    if (this.#slices.synced && !Number.isNaN(at)) this.#triggers.push(at);
  }
}

function keyOfService({ metadata }: EndpointSlice): string | undefined {
  const name = metadata.labels?.[serviceNameLabel];
  return name && `${metadata.namespace}/${name}`;
}

import { isExternal, service, type Service, type ServicePort, type ServiceSpec } from '../../../api/core-v1/service.ts';
import { internalError, invalidObject } from '../../../apimachinery/api-error.ts';
import { invalid, type FieldError } from '../../../apimachinery/field-error.ts';
import type { Kind } from '../../../apimachinery/kind.ts';
import { keyOf } from '../../../apimachinery/object.ts';
import type { Clock } from '../../../base/clock.ts';
import { errorMessage, type Log } from '../../../base/log.ts';
import type { Random } from '../../../base/random.ts';
import type { Storage } from '../../../storage/storage.ts';
import { kindPrefix } from '../registry.ts';
import { AddressRange } from './address-range.ts';
import { Allocator } from './allocator.ts';
import type { RegistryExtension, Undo } from './extension.ts';

/** From which pools services get their addresses and ports. */
export interface ServicePools {
  /** IPv4, e.g. `10.96.0.0/16`. */
  readonly cidr: string;
  readonly nodePorts: { readonly first: number; readonly last: number };
}

export interface ServiceAllocationOptions extends ServicePools {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const relistDelay = 1000;
const portsPath = (i: number) => `spec.ports[${i}].nodePort`;

/** Gives services their cluster IPs and node ports, and takes them back. */
export class ServiceAllocation implements RegistryExtension<Service> {
  readonly kind: Kind<Service> = service;
  readonly range: AddressRange;
  readonly #options: ServiceAllocationOptions;
  readonly #addresses = new Allocator<string>();
  readonly #ports = new Allocator<number>();
  readonly #stop = new AbortController();

  constructor(options: ServiceAllocationOptions) {
    this.#options = options;
    this.range = new AddressRange(options.cidr);
  }

  /** Reads what is given away, and follows it from then on. */
  async start(): Promise<void> {
    const prefix = kindPrefix(service);
    const { entries, revision } = await this.#options.storage.list(prefix);
    this.#addresses.forget();
    this.#ports.forget();
    for (const entry of entries) this.stored(entry.object, entry.revision);
    this.#options.storage.watch(prefix, {
      after: revision,
      signal: this.#stop.signal,
      onEvent: ({ type, entry }) => {
        if (type === 'delete') this.removed(entry.object, entry.revision);
        else this.stored(entry.object, entry.revision);
      },
      onClose: (error) => this.#restart(error),
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
  }

  async beforeCreate(object: Service): Promise<Undo> {
    return this.#allocate(object);
  }

  async beforeUpdate(object: Service): Promise<Undo> {
    return this.#allocate(object);
  }

  stored(object: Service, revision: number): void {
    const { spec = {} } = object;
    this.#addresses.observe(keyOf(object), addressesOf(spec), revision);
    this.#ports.observe(keyOf(object), portsOf(spec), revision);
  }

  removed(object: Service, revision: number): void {
    this.#addresses.observe(keyOf(object), [], revision);
    this.#ports.observe(keyOf(object), [], revision);
  }

  /** Claims what the service asks for and what it needs besides. @throws ApiError Invalid; then nothing stays claimed */
  #allocate(object: Service): Undo {
    const undos: Undo[] = [];
    const undo = () => undos.forEach((u) => u());
    try {
      const spec = object.spec!;
      const errors = [...this.#allocateAddress(object, spec, undos), ...this.#allocatePorts(object, spec, undos)];
      if (errors.length > 0) throw invalidObject(service, object.metadata.name, errors);
      return undo;
    } catch (error) {
      undo();
      throw error;
    }
  }

  #allocateAddress(object: Service, spec: ServiceSpec, undos: Undo[]): FieldError[] {
    if (spec.type === 'ExternalName') return [];
    const owner = keyOf(object);
    if (!spec.clusterIP) {
      const address = this.#addresses.findFree(this.range.size, (i) => this.range.at(i), this.#options.random);
      if (!address) throw internalError('failed to allocate a serviceIP: range is full');
      spec.clusterIP = address;
      spec.clusterIPs = [address];
      undos.push(this.#addresses.claim(address, owner));
      return [];
    }
    if (spec.clusterIP === 'None') return [];
    const why = !this.range.contains(spec.clusterIP)
      ? 'the provided network does not match the current range'
      : this.#addresses.isTaken(spec.clusterIP, owner) && 'provided IP is already allocated';
    if (why)
      return [
        invalid(
          'spec.clusterIPs',
          spec.clusterIPs ?? [spec.clusterIP],
          `failed to allocate IP ${spec.clusterIP}: ${why}`,
        ),
      ];
    undos.push(this.#addresses.claim(spec.clusterIP, owner));
    return [];
  }

  #allocatePorts(object: Service, spec: ServiceSpec, undos: Undo[]): FieldError[] {
    const wanted = isExternal(spec) && spec.allocateLoadBalancerNodePorts !== false;
    const ports = spec.ports ?? [];
    const errors = ports.flatMap((port, i) => this.#claimPort(object, port, i, undos));
    if (!wanted || errors.length > 0) return errors;
    for (const port of ports) if (!port.nodePort) this.#givePort(object, port, ports, undos);
    return [];
  }

  /** Claims a node port that the service asks for. */
  #claimPort(object: Service, { nodePort }: ServicePort, i: number, undos: Undo[]): FieldError[] {
    if (!nodePort) return [];
    const { first, last } = this.#options.nodePorts;
    if (nodePort < first || nodePort > last) {
      const range = `The range of valid ports is ${first}-${last}`;
      return [invalid(portsPath(i), nodePort, `provided port is not in the valid range. ${range}`)];
    }
    const owner = keyOf(object);
    if (this.#ports.isTaken(nodePort, owner))
      return [invalid(portsPath(i), nodePort, 'provided port is already allocated')];
    undos.push(this.#ports.claim(nodePort, owner));
    return [];
  }

  /** Two protocols of one port share a node port, where that is free. */
  #givePort(object: Service, port: ServicePort, all: readonly ServicePort[], undos: Undo[]): void {
    const twin = all.find((p) => p.port === port.port && p.protocol !== port.protocol && p.nodePort);
    if (twin && !all.some((p) => p.nodePort === twin.nodePort && p.protocol === port.protocol)) {
      port.nodePort = twin.nodePort!;
      return;
    }
    const { first, last } = this.#options.nodePorts;
    const free = this.#ports.findFree(last - first + 1, (i) => first + i, this.#options.random);
    if (free === undefined) throw internalError('failed to allocate a nodePort: range is full');
    port.nodePort = free;
    undos.push(this.#ports.claim(free, keyOf(object)));
  }

  async #tryAgain(): Promise<void> {
    try {
      await this.start();
    } catch (error) {
      this.#restart(error as Error);
    }
  }

  /** The watch ended: what happened since is found by reading all anew. */
  #restart(error: Error | undefined): void {
    if (this.#stop.signal.aborted) return;
    const { clock, log } = this.#options;
    if (error) log.warn('the watch of services ended and begins anew', { error: errorMessage(error) });
    clock.after(relistDelay, () => {
      if (!this.#stop.signal.aborted) void this.#tryAgain();
    });
  }
}

function addressesOf({ type, clusterIP }: ServiceSpec): string[] {
  return type !== 'ExternalName' && clusterIP && clusterIP !== 'None' ? [clusterIP] : [];
}

function portsOf({ ports, healthCheckNodePort }: ServiceSpec): number[] {
  return [...(ports ?? []).map((p) => p.nodePort ?? 0), healthCheckNodePort ?? 0].filter((p) => p > 0);
}

import { service, type Service } from '../../../api/core-v1/service.ts';
import { invalidObject } from '../../../apimachinery/api-error.ts';
import type { FieldError } from '../../../apimachinery/field-error.ts';
import type { Kind } from '../../../apimachinery/kind.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Log } from '../../../base/log.ts';
import type { MetricRegistry } from '../../../base/metrics.ts';
import type { Random } from '../../../base/random.ts';
import type { Storage } from '../../../storage/storage.ts';
import { addressRanges, type AddressRange } from './address-range.ts';
import { addressForm, portForm } from './claim-forms.ts';
import { ClaimCounts, type ClaimCountsOptions } from './claim-counts.ts';
import { ClaimRepair, type ClaimPool } from './claim-repair.ts';
import { addressWords, ClaimReports, portWords } from './claim-reports.ts';
import { Claims, type Owner } from './claims.ts';
import type { RegistryExtension, Reservation } from './extension.ts';
import { addressesOf, ServiceAddresses, type Taking } from './service-addresses.ts';
import { knownRanges } from './service-cidrs.ts';
import { settleFamilies } from './service-families.ts';
import { portsOf, ServicePorts, type PortRange } from './service-ports.ts';

/** From which pools services get their addresses and ports. */
export interface ServicePools {
  /** E.g. `10.96.0.0/16`, or one range of each IP family with a comma between them. */
  readonly cidr: string;
  readonly nodePorts: PortRange;
}

export interface ServiceAllocationOptions extends ServicePools {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where claims and faults are counted. */
  readonly metrics?: MetricRegistry | undefined;
}

/**
 * Gives services their cluster IPs and node ports, and takes them back. What is given away stands in the store, so that
 * several servers never give the same twice.
 */
export class ServiceAllocation implements RegistryExtension<Service> {
  readonly kind: Kind<Service> = service;
  readonly #ranges: readonly AddressRange[];
  readonly #addressClaims: Claims;
  readonly #portClaims: Claims;
  readonly #addresses: ServiceAddresses;
  readonly #ports: ServicePorts;
  readonly #repair: ClaimRepair;

  constructor(options: ServiceAllocationOptions) {
    const { storage, clock, log } = options;
    this.#ranges = addressRanges(options.cidr);
    this.#addressClaims = new Claims(addressForm(clock), options, countsOf(addressCounts(this.#ranges), options));
    this.#portClaims = new Claims(portForm(clock), options, countsOf(portCounts(options.nodePorts), options));
    this.#addresses = new ServiceAddresses(this.#addressClaims, storage, this.#ranges);
    this.#ports = new ServicePorts(this.#portClaims, options.nodePorts);
    this.#repair = new ClaimRepair(this.#pools(options), { storage, clock, log });
  }

  #pools(options: ServiceAllocationOptions): ClaimPool[] {
    const { first, last } = options.nodePorts;
    const addressInRange = async () => {
      const ranges = await knownRanges(options.storage, this.#ranges);
      return (ip: string) => ranges.some((range) => range.contains(ip));
    };
    const portInRange = async () => (port: string) => Number(port) >= first && Number(port) <= last;
    const ports = new ClaimReports(portWords(`${first}-${last}`), options);
    const addresses = new ClaimReports(addressWords, options);
    return [
      { claims: this.#addressClaims, valuesOf: addressesOf, inRange: addressInRange, reports: addresses },
      { claims: this.#portClaims, valuesOf: portsOf, inRange: portInRange, reports: ports },
    ];
  }

  start(): Promise<void> {
    return this.#repair.start();
  }

  async stop(): Promise<void> {
    this.#repair.stop();
  }

  beforeCreate(object: Service, dryRun: boolean): Promise<Reservation> {
    return this.#allocate(object, undefined, dryRun);
  }

  beforeUpdate(object: Service, old: Service, dryRun: boolean): Promise<Reservation> {
    return this.#allocate(object, old, dryRun);
  }

  async removed(object: Service): Promise<void> {
    const owner = ownerOf(object);
    await Promise.all([
      this.#addressClaims.release(addressesOf(object.spec ?? {}), owner),
      this.#portClaims.release(portsOf(object.spec ?? {}), owner),
    ]);
  }

  /** Claims what the service asks for and what it needs besides. @throws ApiError; then nothing stays claimed */
  async #allocate(object: Service, old: Service | undefined, dryRun: boolean): Promise<Reservation> {
    const families = this.#ranges.map((range) => range.family);
    refuse(object, settleFamilies(object, old, families));
    const taking: Taking = { owner: ownerOf(object), dryRun, claims: [], errors: [] };
    const undo = async () => void (await Promise.all(taking.claims.map((claim) => claim.undo())));
    try {
      await allSettled([
        this.#addresses.take(object, addressesOf(old?.spec ?? {}), taking),
        this.#ports.take(object, portsOf(old?.spec ?? {}), taking),
      ]);
      refuse(object, taking.errors);
      return { undo, commit: () => this.#releaseUnused(object, old) };
    } catch (error) {
      await undo();
      throw error;
    }
  }

  /** Gives back what the service held before and does not hold any more. */
  async #releaseUnused(object: Service, old: Service | undefined): Promise<void> {
    if (!old) return;
    const owner = ownerOf(object);
    const dropped = (of: typeof addressesOf) => {
      const now = new Set(of(object.spec ?? {}));
      return of(old.spec ?? {}).filter((value) => !now.has(value));
    };
    await Promise.all([
      this.#addressClaims.release(dropped(addressesOf), owner),
      this.#portClaims.release(dropped(portsOf), owner),
    ]);
  }
}

function countsOf(what: ClaimCountsOptions, { metrics }: ServiceAllocationOptions): ClaimCounts | undefined {
  return metrics && new ClaimCounts(what, metrics);
}

function addressCounts(ranges: readonly AddressRange[]): ClaimCountsOptions {
  const counted = ranges.map((range) => ({
    ...{ labels: [range.cidr], size: range.size },
    contains: (value: string) => range.contains(value),
  }));
  return { metric: 'kube_apiserver_clusterip_allocator', unit: 'ips', labels: ['cidr'], ranges: counted };
}

function portCounts({ first, last }: PortRange): ClaimCountsOptions {
  const contains = (value: string) => Number(value) >= first && Number(value) <= last;
  const ranges = [{ labels: [], size: last - first + 1, contains }];
  return { metric: 'kube_apiserver_nodeport_allocator', unit: 'ports', labels: [], ranges };
}

/** Waits for all, then fails as the first that failed: what the others have claimed must be known by then. */
async function allSettled(parts: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(parts)) if (result.status === 'rejected') throw result.reason;
}

function refuse({ metadata }: Service, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject(service, metadata.name, [...errors]);
}

function ownerOf({ metadata }: Service): Owner {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

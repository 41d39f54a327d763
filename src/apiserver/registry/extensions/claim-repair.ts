import { service, type Service, type ServiceSpec } from '../../../api/core-v1/service.ts';
import type { Clock, Timer } from '../../../base/clock.ts';
import { errorMessage, type Log } from '../../../base/log.ts';
import type { Entry, Storage } from '../../../storage/storage.ts';
import { kindPrefix } from '../registry.ts';
import type { ClaimReports } from './claim-reports.ts';
import { sameOwner, type Claims, type Owner } from './claims.ts';

/** One kind of value that services claim. */
export interface ClaimPool {
  readonly claims: Claims;
  /** The values that a service says it has. */
  valuesOf(spec: ServiceSpec): string[];
  /** Whether values may be given away at all, by what is known now. */
  inRange(): Promise<(value: string) => boolean>;
  readonly reports: ClaimReports;
}

/** Milliseconds between two looks. */
const INTERVAL = 3 * 60_000;
/** A claim so young (milliseconds) may belong to a service that is just being stored. */
const YOUNG = 60_000;

/**
 * Makes claims and services agree again after a server died between writing the one and the other: claims of services
 * that do not have the value are removed, claims that are missing are made. Any number of servers may do it at once.
 */
export class ClaimRepair {
  readonly #pools: readonly ClaimPool[];
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #log: Log;
  #timer: Timer | undefined;

  constructor(pools: readonly ClaimPool[], options: { storage: Storage; clock: Clock; log: Log }) {
    this.#pools = pools;
    this.#storage = options.storage;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Looks once, and from then on now and then. */
  async start(): Promise<void> {
    await this.run();
    this.#timer = this.#clock.every(INTERVAL, () => void this.#runAgain());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async run(): Promise<void> {
    // Claims first: what is claimed in between counts as missing and is found to be there, never the other way round.
    const claimed = await Promise.all(this.#pools.map(({ claims }) => claims.entries()));
    const { entries } = await this.#storage.list(kindPrefix(service));
    const services = entries.map((entry) => entry.object as Service);
    for (const [i, pool] of this.#pools.entries()) await this.#compare(pool, claimed[i]!, services);
  }

  async #compare(pool: ClaimPool, claimed: readonly Entry[], services: readonly Service[]): Promise<void> {
    const holders = await this.#holders(pool, services);
    for (const claim of claimed) {
      const value = pool.claims.valueOf(claim);
      const owner = pool.claims.ownerOf(claim);
      const holder = holders.get(value);
      const right = !owner || (holder !== undefined && sameOwner(ownerOf(holder), owner));
      if (right || !this.#isOld(claim)) holders.delete(value);
      else await this.#removeOrphan(pool, claim);
    }
    for (const [value, holder] of holders) {
      const made = await pool.claims.claim(value, ownerOf(holder));
      if (made) await pool.reports.tell('repair', holder, value);
    }
  }

  /** The service of each value. What two have belongs to the first of them, and the other is told. */
  async #holders(pool: ClaimPool, services: readonly Service[]): Promise<Map<string, Service>> {
    const inRange = await pool.inRange();
    const holders = new Map<string, Service>();
    for (const one of services) {
      for (const value of pool.valuesOf(one.spec ?? {})) {
        if (holders.has(value)) await pool.reports.tell('duplicate', one, value);
        else holders.set(value, one);
        if (!inRange(value)) await pool.reports.tell('outOfRange', one, value);
      }
    }
    return holders;
  }

  #isOld({ object }: Entry): boolean {
    const made = Date.parse(object.metadata.creationTimestamp ?? '');
    return !(this.#clock.now() - made < YOUNG);
  }

  async #removeOrphan(pool: ClaimPool, claim: Entry): Promise<void> {
    this.#log.info('a claim that no service has is removed', { key: claim.key });
    pool.reports.leak();
    await pool.claims.remove(claim);
  }

  async #runAgain(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      this.#log.warn('claims of services could not be compared', { error: errorMessage(error) });
    }
  }
}

function ownerOf({ metadata }: Service): Owner {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

import { service, type Service, type ServiceSpec } from '../../../api/core-v1/service.ts';
import type { Clock, Timer } from '../../../base/clock.ts';
import { errorMessage, type Log } from '../../../base/log.ts';
import type { Entry, Storage } from '../../../storage/storage.ts';
import { kindPrefix } from '../registry.ts';
import { sameOwner, type Claims, type Owner } from './claims.ts';

/** One kind of value that services claim. */
export interface ClaimPool {
  readonly claims: Claims;
  /** The values that a service says it has. */
  valuesOf(spec: ServiceSpec): string[];
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
    const holders = new Map<string, Owner>();
    for (const { metadata, spec } of services) {
      const owner = { namespace: metadata.namespace ?? '', name: metadata.name };
      for (const value of pool.valuesOf(spec ?? {})) this.#note(holders, value, owner);
    }
    for (const claim of claimed) {
      const value = pool.claims.valueOf(claim);
      const owner = pool.claims.ownerOf(claim);
      const right = !owner || sameOwner(holders.get(value), owner);
      if (right || !this.#isOld(claim)) holders.delete(value);
      else await this.#removeOrphan(pool, claim);
    }
    for (const [value, owner] of holders) await pool.claims.claim(value, owner);
  }

  #note(holders: Map<string, Owner>, value: string, owner: Owner): void {
    const other = holders.get(value);
    if (other) this.#log.warn('two services have the same address or port', { value, services: [other, owner] });
    else holders.set(value, owner);
  }

  #isOld({ object }: Entry): boolean {
    const made = Date.parse(object.metadata.creationTimestamp ?? '');
    return !(this.#clock.now() - made < YOUNG);
  }

  async #removeOrphan(pool: ClaimPool, claim: Entry): Promise<void> {
    this.#log.info('a claim that no service has is removed', { key: claim.key });
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

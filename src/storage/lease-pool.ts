import type { Clock } from '../base/clock.ts';

/** Keys written within this time share a lease, so that thousands of events do not make thousands of leases. */
const LONGEST_SHARING = 60_000;
/** The same as a part of the time to live: a short one must not be stretched much. */
const SHARING_PART = 0.05;
/** Keys per lease: they all go in one step when it ends. */
const KEYS_PER_LEASE = 1000;

interface SharedLease {
  readonly id: Promise<number>;
  readonly until: number;
  keys: number;
}

/** Leases shared by keys of the same time to live that are written shortly after each other. */
export class LeasePool {
  readonly #clock: Clock;
  readonly #grant: (seconds: number) => Promise<number>;
  #leases = new Map<number, SharedLease>();

  /** @param grant makes a lease and returns its id */
  constructor(clock: Clock, grant: (seconds: number) => Promise<number>) {
    this.#clock = clock;
    this.#grant = grant;
  }

  /** The id of a lease that lets a key live `ttl` seconds, or at most a twentieth or a minute longer. */
  lease(ttl: number): Promise<number> {
    let lease = this.#leases.get(ttl);
    if (!lease || lease.keys >= KEYS_PER_LEASE || this.#clock.now() >= lease.until) {
      const sharing = Math.min(LONGEST_SHARING, ttl * 1000 * SHARING_PART);
      const id = this.#grant(Math.ceil(ttl + sharing / 1000));
      lease = { id, until: this.#clock.now() + sharing, keys: 0 };
      this.#leases.set(ttl, lease);
      id.catch(() => this.forget(ttl));
    }
    lease.keys++;
    return lease.id;
  }

  /** Starts a new lease next time: the old one is gone. */
  forget(ttl: number): void {
    this.#leases.delete(ttl);
  }
}

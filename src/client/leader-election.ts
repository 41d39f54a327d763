import { lease as leaseKind, type Lease } from '../api/coordination-v1/lease.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import { formatMicroTime } from '../apimachinery/time.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { errorMessage, type Log } from '../base/log.ts';
import type { Client } from './client.ts';

export interface LeaderElectionOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  /** The name of the Lease in `kube-system` that only the leader holds. */
  readonly name: string;
  /** Who we are, unlike every other candidate. */
  readonly identity: string;
  /** Makes and starts what only the leader does. It is stopped when the lead is lost, and made anew when it is won again. */
  lead(): Promise<Component>;
}

/** Seconds that a leader keeps the lead without a sign of life. */
const LEASE_SECONDS = 15;
/** Milliseconds after which a leader that could not renew stops by itself: before others take over. */
const RENEW_DEADLINE = 10_000;
/** Milliseconds between two looks at the lease. */
const RETRY = 2000;
const NAMESPACE = 'kube-system';

/**
 * Lets one of several candidates do something, by a Lease as client-go's leader election holds it. Whether another
 * holder is still alive is judged by our own clock and by whether its lease changes, never by the times written in it.
 */
export class LeaderElection implements Component {
  readonly name: string;
  readonly #options: LeaderElectionOptions;
  #timer: Timer | undefined;
  #turn: Promise<void> = Promise.resolve();
  #stopped = false;
  #led: Component | undefined;
  /** When (monotonic) the lease was renewed last, while we lead. */
  #renewed = 0;
  /** The newest version of another's lease, and since when (monotonic) it is known. */
  #seen: { version: string; since: number } | undefined;

  constructor(options: LeaderElectionOptions) {
    this.name = `${options.name} election`;
    this.#options = options;
  }

  /** Resolves after the first attempt: when it is won, what is led works. */
  async start(): Promise<void> {
    await this.#attempt();
    this.#later();
  }

  /** Stops what is led and gives the lead back, so that nobody has to wait. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#turn;
    if (!this.#led) return;
    await this.#resign();
    await this.#release().catch((error) => this.#tell('the lead was not given back', error));
  }

  #later(): void {
    if (this.#stopped) return;
    this.#timer = this.#options.clock.after(RETRY, () => {
      this.#turn = this.#attempt().then(() => this.#later());
    });
  }

  async #attempt(): Promise<void> {
    const { clock } = this.#options;
    try {
      if (await this.#hold()) {
        this.#renewed = clock.monotonic();
        if (!this.#led && !this.#stopped) this.#led = await this.#options.lead();
      } else if (this.#led) await this.#resign();
    } catch (error) {
      this.#tell('the lease of the leader was not renewed', error);
      if (this.#led && clock.monotonic() - this.#renewed > RENEW_DEADLINE) await this.#resign();
    }
  }

  /** Takes or keeps the lease. @returns whether it is ours */
  async #hold(): Promise<boolean> {
    const { client, identity } = this.#options;
    try {
      const current = await client.find(leaseKind, { namespace: NAMESPACE, name: this.#options.name });
      if (!current) {
        await client.create(leaseKind, {
          metadata: { namespace: NAMESPACE, name: this.#options.name },
          spec: this.#spec(),
        });
        return true;
      }
      const holder = current.spec?.holderIdentity;
      if (holder && holder !== identity && !this.#isOver(current)) return false;
      await client.update(leaseKind, { ...current, spec: this.#spec(current.spec) });
      return true;
    } catch (error) {
      if (isApiError(error, 'Conflict', 'AlreadyExists')) return false;
      throw error;
    }
  }

  /** Whether the holder has given no sign of life for as long as its lease counts. */
  #isOver({ metadata, spec }: Lease): boolean {
    const now = this.#options.clock.monotonic();
    if (this.#seen?.version !== metadata.resourceVersion) {
      this.#seen = { version: metadata.resourceVersion, since: now };
      return false;
    }
    return now - this.#seen.since > (spec?.leaseDurationSeconds ?? LEASE_SECONDS) * 1000;
  }

  #spec(before?: Lease['spec']): NonNullable<Lease['spec']> {
    const { clock, identity } = this.#options;
    const now = formatMicroTime(clock.now());
    const same = before?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: LEASE_SECONDS,
      acquireTime: same ? before.acquireTime : now,
      renewTime: now,
      leaseTransitions: (before?.leaseTransitions ?? 0) + (same || !before ? 0 : 1),
    };
  }

  async #release(): Promise<void> {
    const { client, identity } = this.#options;
    const current = await client.get(leaseKind, { namespace: NAMESPACE, name: this.#options.name });
    if (current.spec?.holderIdentity !== identity) return;
    const spec = { ...this.#spec(current.spec), holderIdentity: '', leaseDurationSeconds: 1 };
    await client.update(leaseKind, { ...current, spec });
  }

  async #resign(): Promise<void> {
    const led = this.#led;
    this.#led = undefined;
    await led?.stop();
  }

  #tell(what: string, error: unknown): void {
    this.#options.log.warn(what, { lease: this.#options.name, error: errorMessage(error) });
  }
}

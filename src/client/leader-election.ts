import { lease as leaseKind, type Lease } from '../api/coordination-v1/lease.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import { formatMicroTime } from '../apimachinery/time.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { errorMessage, type Log } from '../base/log.ts';
import type { Gauge, MetricRegistry } from '../base/metrics.ts';
import type { Client } from './client.ts';
import { createEventRecorder, type EventRecorder } from './events.ts';

export interface LeaderElectionOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  /** Where it counts whether we lead; see `leaderStatus`. */
  readonly status?: Gauge;
  /** The name of the Lease in `kube-system` that only the leader holds. */
  readonly name: string;
  /** Who we are, unlike every other candidate. */
  readonly identity: string;
  /** Makes and starts what only the leader does. It is stopped when the lead is lost, and made anew when it is won again. */
  lead(): Promise<Component>;
}

/** The metric that says whether this process leads, for all elections that it takes part in. */
export function leaderStatus(metrics: MetricRegistry): Gauge {
  const help = 'Whether this process leads: 1 if it does, 0 if another one may.';
  return metrics.gauge('leader_election_master_status', help, ['name']);
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
  /** Ends the lead when the lease was not renewed for too long, also while a request for it hangs. */
  #deadline: Timer | undefined;
  readonly #events: EventRecorder;
  readonly #status: { value: number } | undefined;
  /** When (monotonic) the lead ends unless it is renewed. */
  #until = 0;
  /** The lease as we wrote it last. */
  #lease: Lease | undefined;
  /** The newest version of another's lease, and since when (monotonic) it is known. */
  #seen: { version: string; since: number } | undefined;

  constructor(options: LeaderElectionOptions) {
    this.name = `${options.name} election`;
    this.#options = options;
    const { name, client, clock, log, status } = options;
    this.#events = createEventRecorder({ client, clock, log, component: name });
    this.#status = status?.labels(name);
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
    const asked = this.#options.clock.monotonic();
    try {
      if (await this.#inTime(this.#hold())) {
        this.#renewed(asked);
        if (!this.#led && !this.#stopped) await this.#begin();
      } else if (this.#led) await this.#resign();
    } catch (error) {
      this.#tell('the lease of the leader was not renewed', error);
    }
  }

  /** Others count from when they see the renewal, so we count from when we asked for it: we always end first. */
  #renewed(asked: number): void {
    const { clock } = this.#options;
    this.#deadline?.cancel();
    this.#until = asked + RENEW_DEADLINE;
    this.#deadline = clock.after(this.#until - clock.monotonic(), () => void this.#resign());
  }

  /** A request that gets no answer must not keep us from trying again, or from stopping. */
  async #inTime<T>(request: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const message = `no answer within ${RENEW_DEADLINE / 1000} seconds`;
    const timer = this.#options.clock.after(RENEW_DEADLINE, () => late.reject(new Error(message)));
    try {
      return await Promise.race([request, late.promise]);
    } finally {
      timer.cancel();
      request.catch(() => {});
    }
  }

  async #begin(): Promise<void> {
    this.#led = await this.#options.lead();
    this.#announce('became leader', 1);
    if (this.#options.clock.monotonic() >= this.#until) await this.#resign();
  }

  #announce(what: string, status: number): void {
    if (this.#status) this.#status.value = status;
    this.#events.event(this.#lease!, 'Normal', 'LeaderElection', `${this.#options.identity} ${what}`);
  }

  /** Takes or keeps the lease. @returns whether it is ours */
  async #hold(): Promise<boolean> {
    const { client, identity } = this.#options;
    try {
      const current = await client.find(leaseKind, { namespace: NAMESPACE, name: this.#options.name });
      if (!current) {
        this.#lease = await client.create(leaseKind, {
          metadata: { namespace: NAMESPACE, name: this.#options.name },
          spec: this.#spec(),
        });
        return true;
      }
      const holder = current.spec?.holderIdentity;
      if (holder && holder !== identity && !this.#isOver(current)) return false;
      this.#lease = await client.update(leaseKind, { ...current, spec: this.#spec(current.spec) });
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
    this.#deadline?.cancel();
    if (!led) return;
    await led.stop();
    this.#announce('stopped leading', 0);
  }

  #tell(what: string, error: unknown): void {
    this.#options.log.warn(what, { lease: this.#options.name, error: errorMessage(error) });
  }
}

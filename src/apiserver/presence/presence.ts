import { randomUUID } from 'node:crypto';
import type { Timer } from '../../base/clock.ts';
import { errorMessage } from '../../base/log.ts';
import { createKubernetesService } from '../bootstrap.ts';
import type { Registry } from '../registry/registry.ts';
import { EndpointLeases } from './endpoint-leases.ts';
import { IdentityLease } from './identity-lease.ts';

export interface PresenceOptions {
  /** The ranges of service addresses. */
  readonly cidr: string;
  /** The machine's name. */
  readonly hostname: string;
  /** Where pods reach this server. */
  readonly ip: string;
  readonly port: number;
}

/** Milliseconds between two signs of life. */
const INTERVAL = 10_000;

/**
 * Shows the cluster that this server is there: its address among the endpoints of the Service `default/kubernetes`, and
 * the lease of its identity. Users may delete any of it, so it is made again.
 */
export class ServerPresence {
  readonly #registry: Registry;
  readonly #options: PresenceOptions;
  readonly #endpoints: EndpointLeases;
  readonly #identity: IdentityLease;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(registry: Registry, options: PresenceOptions) {
    this.#registry = registry;
    this.#options = options;
    this.#endpoints = new EndpointLeases(registry, options);
    this.#identity = new IdentityLease(registry, { ...options, uuid: randomUUID() });
  }

  /** Shows it once, and from then on again and again. */
  async start(): Promise<void> {
    await this.#show();
    this.#later();
  }

  /** Takes the server's address back, so that nobody is led to it any more. Never rejects. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
    await this.#endpoints.withdraw().catch((error) => this.#tell(error));
  }

  async #show(): Promise<void> {
    await createKubernetesService(this.#registry, this.#options.cidr, this.#options.port);
    await this.#endpoints.renew();
    await this.#identity.renew();
  }

  #later(): void {
    if (this.#stopped) return;
    this.#timer = this.#registry.clock.after(INTERVAL, () => {
      this.#running = this.#show().catch((error) => this.#tell(error));
      void this.#running.then(() => this.#later());
    });
  }

  #tell(error: unknown): void {
    this.#registry.log.debug('the presence of the server was not published', { error: errorMessage(error) });
  }
}

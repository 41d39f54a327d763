import type { Socket } from 'node:dgram';
import type { Server } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import { endpointSlice } from '../api/discovery-v1/endpoint-slice.ts';
import { namespace } from '../api/core-v1/namespace.ts';
import { service } from '../api/core-v1/service.ts';
import type { Kind } from '../apimachinery/kind.ts';
import { sleep, type Clock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { errorMessage, type Log } from '../base/log.ts';
import { MetricRegistry } from '../base/metrics.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { Reflector, type ReflectorTarget } from '../client/reflector.ts';
import { Answerer } from './answerer.ts';
import { ClusterState } from './cluster-state.ts';
import { privateNetworks, servesOnly } from './clients.ts';
import { DnsMetrics } from './metrics.ts';
import { Responder } from './responder.ts';
import { listenStatus } from './sockets/status-page.ts';
import { listenTcp, type TcpListener } from './sockets/tcp.ts';
import { listenUdp } from './sockets/udp.ts';
import type { UpstreamAddress } from './upstream/exchange.ts';
import { Forwarder } from './upstream/forwarder.ts';

export interface DnsServerOptions {
  readonly client: Client;
  readonly clock: Clock;
  /** Must not be guessable. */
  readonly random: Random;
  readonly log: Log;
  /** Default `cluster.local`. */
  readonly domain?: string;
  /** The address to listen on. It must be one that pods reach. */
  readonly host: string;
  /** For questions, UDP and TCP: the first that is free, else any. */
  readonly ports: readonly number[];
  /** For metrics and health; another when it is taken. Absent: none. */
  readonly statusPort?: number | undefined;
  /** Whom to ask what is not the cluster's. */
  readonly upstreams: () => readonly UpstreamAddress[];
  /** Networks that may ask besides private ones and `host`. */
  readonly clients?: readonly string[];
  readonly version?: string;
}

/** Seconds that answers about the cluster may be remembered. kubeadm's CoreDNS says as much. */
const TTL = 30;
/** Milliseconds to wait for the cluster before others' names are answered anyway. */
const PATIENCE = 5000;

/** The cluster's DNS server. */
export class DnsServer implements Component {
  readonly name = 'dns';
  readonly #options: DnsServerOptions;
  readonly #log: Log;
  readonly #domain: string;
  readonly #metrics = new MetricRegistry();
  readonly #state: ClusterState;
  readonly #responder: Responder;
  readonly #unsynced = new Set<string>();
  readonly #synced = Promise.withResolvers<void>();
  readonly #stop = new AbortController();
  #serial: number;
  #reflectors: Promise<void>[] = [];
  #udp: Socket | undefined;
  #tcp: TcpListener | undefined;
  #status: Server | undefined;

  constructor(options: DnsServerOptions) {
    const { clock, random, host, version = 'coxswain' } = options;
    this.#options = options;
    this.#log = options.log.child({ component: this.name });
    this.#domain = (options.domain ?? 'cluster.local').toLowerCase();
    this.#serial = Math.floor(clock.now() / 1000);
    const metrics = new DnsMetrics(this.#metrics, { server: 'dns://:53', six: isIPv6(host), version });
    this.#state = new ClusterState(() => this.#changed());
    const forwarder = new Forwarder({ servers: () => this.#upstreams(), clock, random, log: this.#log, metrics });
    const answerer = new Answerer({
      cluster: this.#state,
      settings: () => ({ domain: this.#domain, ttl: TTL, serial: this.#serial }),
      ready: () => this.ready,
      forwarder,
    });
    this.#responder = new Responder({ answerer, metrics, clock, log: this.#log });
  }

  /** Whether it knows the cluster. */
  get ready(): boolean {
    return this.#reflectors.length > 0 && this.#unsynced.size === 0;
  }

  /** The port for questions, UDP and TCP alike; 0 before the start. */
  get port(): number {
    return this.#udp?.address().port ?? 0;
  }

  /** The port of metrics and health; 0 when there is none. */
  get statusPort(): number {
    return (this.#status?.address() as AddressInfo | null | undefined)?.port ?? 0;
  }

  /** Resolves when it answers: what is in the cluster, too, unless the API server is silent for long. */
  async start(): Promise<void> {
    this.#follow(namespace, this.#state.namespaces);
    this.#follow(service, this.#state.services);
    this.#follow(endpointSlice, this.#state.slices);
    await this.#listen();
    const waited = new AbortController();
    await Promise.race([this.#synced.promise, sleep(this.#options.clock, PATIENCE, waited.signal).catch(() => {})]);
    waited.abort();
    this.#log.info('DNS answers', { host: this.#options.host, port: this.port, ready: this.ready });
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the DNS server was stopped'));
    const [udp, tcp, status] = [this.#udp, this.#tcp, this.#status];
    this.#udp = this.#tcp = this.#status = undefined;
    udp?.close();
    await tcp?.close();
    status?.closeAllConnections();
    await new Promise((resolve) => (status ? status.close(resolve) : resolve(undefined)));
    await Promise.all(this.#reflectors);
  }

  #follow(kind: Kind<any>, target: ReflectorTarget<any>): void {
    const { client, clock, random } = this.#options;
    this.#unsynced.add(kind.plural);
    const told: ReflectorTarget<any> = {
      ...target,
      replace: (objects) => {
        target.replace(objects);
        this.#unsynced.delete(kind.plural);
        if (this.#unsynced.size === 0) this.#synced.resolve();
      },
    };
    const reflector = new Reflector({ client, clock, random, kind, target: told, log: this.#log });
    this.#reflectors.push(reflector.run(this.#stop.signal));
  }

  #changed(): void {
    this.#serial = Math.max(this.#serial + 1, Math.floor(this.#options.clock.now() / 1000));
    this.#responder.forget();
  }

  async #listen(): Promise<void> {
    const { host, ports, statusPort, clients = [] } = this.#options;
    const serves = servesOnly([...privateNetworks, host, ...clients]);
    await firstFree(ports, (at) => this.#listenBoth(at, serves));
    const { metrics, unready } = { metrics: () => this.#metrics.render(), unready: () => this.#unready() };
    if (statusPort === undefined) return;
    await firstFree([statusPort], async (at) => {
      this.#status = await listenStatus({ metrics, unready }, { host, port: at });
    });
  }

  /** UDP and TCP on the same port, whichever it is. */
  async #listenBoth(port: number, serves: (address: string) => boolean): Promise<void> {
    const { host, clock } = this.#options;
    const shared = { host, serves };
    const udp = await listenUdp({ ...shared, port, respond: (message) => this.#responder.respond(message, 'udp') });
    const respond = (message: Buffer) => this.#responder.respond(message, 'tcp');
    try {
      this.#tcp = await listenTcp({ ...shared, port: udp.address().port, respond, clock });
    } catch (error) {
      udp.close();
      throw error;
    }
    this.#udp = udp;
  }

  #unready(): string | undefined {
    return this.ready ? undefined : `not known yet: ${[...this.#unsynced].join(', ')}`;
  }

  /** Never ourselves: neither where we listen nor the address by which pods reach us. */
  #upstreams(): readonly UpstreamAddress[] {
    const { upstreams, host } = this.#options;
    const own = this.#state.service('kube-system', 'kube-dns')?.ips ?? [];
    return upstreams().filter((at) => !own.includes(at.host) && !(at.host === host && at.port === this.port));
  }
}

const TRIES = 5;

/** Listens at the first port that is free, else at any. Any may be free for UDP and taken for TCP. */
async function firstFree(ports: readonly number[], listen: (port: number) => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await listen(ports[tries] ?? 0);
    } catch (error) {
      if (tries >= ports.length + TRIES || !/EADDRINUSE|EACCES/.test(errorMessage(error))) throw error;
    }
  }
}

import type { Clock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { KeptThread, threadModule } from '../base/kept-thread.ts';
import type { Log, LogLevel } from '../base/log.ts';
import type { Client } from '../client/client.ts';
import type { Connection } from '../client/https-transport.ts';
import { DnsPublisher, type DnsPlace } from '../dns/publish.ts';
import { addressRanges } from '../apiserver/registry/extensions/address-range.ts';
import type { DnsWorkerData, DnsWorkerMessage } from './dns-worker.ts';
import { adminUser, type ControlPlane } from './control-plane.ts';
import type { DataDir } from './data-dir.ts';
import type { Pki } from './pki.ts';
import { version } from './version.ts';

/**
 * The ports that the server takes when they are free. Rules of NetworkPolicies speak of 53, but that may belong to a
 * resolver of the machine.
 */
const DNS_PORTS = [53, 10_053];
const DNS_STATUS_PORT = 9153;

export interface ClusterDnsOptions {
  /** Writes the service and its endpoints. */
  readonly client: Client;
  /** How the server reaches the API server. */
  readonly connection: Connection;
  readonly clock: Clock;
  readonly log: Log;
  readonly logLevel: LogLevel;
  readonly logFile: string;
  readonly nodeName: string;
  /** The address to listen on: pods of all nodes reach it. */
  readonly nodeIp: string;
  readonly clusterCidr: string;
  /** Default: `cluster.local`. */
  readonly domain?: string | undefined;
  /** The service's cluster IP. */
  readonly clusterIp: string;
}

/** Megabytes for the objects of the thread: ten thousand services need a tenth of it. */
const MEMORY = { old: 256, young: 8 };
/** Milliseconds that the thread gets to end by itself. */
const PATIENCE = 2000;

/** The address of the cluster's DNS: the tenth of the service range, as kubeadm has it. Undefined in a range of fewer. */
export function dnsAddressOf(serviceCidr: string): string | undefined {
  const [range] = addressRanges(serviceCidr);
  return range.size >= 10 ? range.at(9) : undefined;
}

/**
 * The cluster's DNS on this machine: a server in a thread of its own, so that answers do not wait for the API server's
 * work, and the service that leads to it. A thread that ends is replaced.
 */
export class ClusterDns implements Component {
  readonly name = 'dns';
  readonly #options: ClusterDnsOptions;
  readonly #log: Log;
  readonly #publisher: DnsPublisher;
  readonly #thread: KeptThread<'stop', DnsWorkerMessage>;
  /** Resolves when the first thread answers, or cannot. */
  readonly #tried = Promise.withResolvers<void>();
  #place: DnsPlace | undefined;
  #published = false;

  constructor(options: ClusterDnsOptions) {
    const { client, clock, clusterIp } = options;
    this.#options = options;
    this.#log = options.log.child({ component: this.name });
    this.#publisher = new DnsPublisher({ client, clock, clusterIp, log: this.#log, place: () => this.#place });
    this.#thread = new KeptThread({
      ...{ module: threadModule(import.meta.url, 'dns-worker'), memory: MEMORY, clock, log: this.#log },
      data: () => this.#workerData(),
      heard: (message) => this.#hear(message),
      died: () => this.#tried.resolve(),
    });
  }

  /** Resolves when the service leads to the server, or when that cannot start, which is tried again. */
  async start(): Promise<void> {
    this.#thread.start();
    await this.#tried.promise;
    await this.#publisher.start();
    this.#published = true;
  }

  async stop(): Promise<void> {
    this.#published = false;
    await this.#publisher.stop();
    await this.#thread.stop('stop', PATIENCE);
  }

  #hear(message: DnsWorkerMessage): void {
    if ('error' in message) {
      this.#log.error('the DNS of the cluster does not run', { error: message.error });
      this.#thread.end();
      return;
    }
    this.#place = this.#placeOf(message);
    this.#tried.resolve();
    if (this.#published) void this.#publisher.check();
  }

  #placeOf({ port, statusPort }: { port: number; statusPort: number }): DnsPlace {
    const { nodeIp: host, nodeName } = this.#options;
    return { host, port, statusPort, name: nodeName, nodeName };
  }

  #workerData(): DnsWorkerData {
    const { connection, nodeIp, clusterCidr, domain, logLevel, logFile } = this.#options;
    return {
      ...{ connection, host: nodeIp, domain, logLevel, logFile, version: version() },
      // A thread that replaces another is found where that was.
      ports: [...(this.#place ? [this.#place.port] : []), ...DNS_PORTS],
      statusPort: this.#place?.statusPort ?? DNS_STATUS_PORT,
      clients: clusterCidr.split(',').map((range) => range.trim()),
      resolverFile: '/etc/resolv.conf',
    };
  }
}

/** Starts the DNS of a cluster on this machine. Resolves with it, running; a cluster whose DNS cannot run is one still. */
export async function startDns(
  options: Pick<ClusterDnsOptions, 'nodeName' | 'nodeIp' | 'clusterCidr' | 'domain' | 'clusterIp' | 'logLevel'> & {
    url: string;
  },
  { clock, dataDir, log, pki, plane }: { clock: Clock; dataDir: DataDir; log: Log; pki: Pki; plane: ControlPlane },
): Promise<ClusterDns> {
  const { certificate: cert, privateKey: key } = await pki.credentials('dns');
  const dns = new ClusterDns({
    ...options,
    ...{ clock, log, logFile: dataDir.log },
    client: plane.clientAs(adminUser, 'dns'),
    connection: { server: options.url, ca: pki.caCertificate, cert, key },
  });
  await dns.start();
  return dns;
}

import { Worker } from 'node:worker_threads';
import { Backoff } from '../base/backoff.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { errorMessage, type Log, type LogLevel } from '../base/log.ts';
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
  /** The service's cluster IP. */
  readonly clusterIp: string;
}

/** Megabytes for the objects of the thread: ten thousand services need a tenth of it. */
const MEMORY = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 8 };

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
  readonly #backoff = new Backoff<'thread'>(200, 30_000);
  #worker: Worker | undefined;
  #place: DnsPlace | undefined;
  #again: Timer | undefined;
  #stopped = false;

  constructor(options: ClusterDnsOptions) {
    const { client, clock, clusterIp } = options;
    this.#options = options;
    this.#log = options.log.child({ component: this.name });
    this.#publisher = new DnsPublisher({ client, clock, clusterIp, log: this.#log, place: () => this.#place });
  }

  /** Resolves when the service leads to the server, or when that cannot start, which is tried again. */
  async start(): Promise<void> {
    await this.#startThread();
    await this.#publisher.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#again?.cancel();
    await this.#publisher.stop();
    const worker = this.#worker;
    this.#worker = undefined;
    if (!worker) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage('stop');
    const late = this.#options.clock.after(2000, () => void worker.terminate());
    await ended;
    late.cancel();
  }

  async #startThread(): Promise<void> {
    try {
      await this.#thread();
    } catch (error) {
      this.#log.error('the DNS of the cluster does not run', { error: errorMessage(error) });
    }
  }

  #thread(): Promise<void> {
    const file = import.meta.url.endsWith('.ts') ? './dns-worker.ts' : './dns-worker.js';
    const workerData = this.#workerData();
    const worker = new Worker(new URL(file, import.meta.url), { workerData, resourceLimits: MEMORY, execArgv: [] });
    this.#worker = worker;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    worker.on('message', (message: DnsWorkerMessage) => {
      if ('error' in message) {
        reject(new Error(message.error));
        void worker.terminate();
        return;
      }
      this.#place = this.#placeOf(message);
      resolve();
    });
    worker.on('error', (error) => this.#log.error('the thread failed', { error: errorMessage(error) }));
    worker.on('exit', () => {
      reject(new Error('its thread ended'));
      this.#ended(worker);
    });
    return promise;
  }

  #ended(worker: Worker): void {
    if (this.#worker !== worker || this.#stopped) return;
    this.#worker = undefined;
    this.#again = this.#options.clock.after(this.#backoff.next('thread'), () => {
      void this.#startThread().then(() => this.#publisher.check());
    });
  }

  #placeOf({ port, statusPort }: { port: number; statusPort: number }): DnsPlace {
    const { nodeIp: host, nodeName } = this.#options;
    return { host, port, statusPort, name: nodeName, nodeName };
  }

  #workerData(): DnsWorkerData {
    const { connection, nodeIp, clusterCidr, logLevel, logFile } = this.#options;
    return {
      ...{ connection, host: nodeIp, logLevel, logFile, version: version() },
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
  options: Pick<ClusterDnsOptions, 'nodeName' | 'nodeIp' | 'clusterCidr' | 'clusterIp' | 'logLevel'> & { url: string },
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

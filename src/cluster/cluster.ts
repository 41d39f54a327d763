import { realClock, type Clock } from '../base/clock.ts';
import { noLog, type Log } from '../base/log.ts';
import { realRandom, type Random } from '../base/random.ts';
import { authenticated } from '../auth/user.ts';
import type { Client } from '../client/client.ts';
import { kubeconfigText } from '../client/kubeconfig.ts';
import { MemoryStorage } from '../storage/memory.ts';
import type { Storage } from '../storage/storage.ts';
import { adminUser, ControlPlane } from './control-plane.ts';
import { listedAddress } from './machine.ts';
import { Pki } from './pki.ts';
import { schedulerConfiguration } from './scheduler-configuration.ts';
import { simulatedEndpoint } from './simulate.ts';
import { SimulatedNodes } from './simulated-nodes.ts';

export interface ClusterOptions {
  /** How many nodes with simulated containers. Default 0: pods stay Pending. */
  readonly nodes?: number;
  /**
   * Milliseconds after which a node says again that it lives; one that is silent for five of these spans is taken for
   * unreachable. Default 10,000, as kubelets do. Who lets months of virtual time pass is better served with hours.
   */
  readonly heartbeat?: number;
  /**
   * Whether controllers run, or which: upstream's names, as `--controllers` of its controller manager takes them
   * (`['*', '-garbage-collector-controller']`). Default: all that are on by default.
   */
  readonly controllers?: boolean | readonly string[];
  /** Whether the scheduler runs. Default true. */
  readonly scheduler?: boolean;
  /**
   * A `KubeSchedulerConfiguration` (`kubescheduler.config.k8s.io/v1`), as an object or as YAML.
   * `start` throws an Error that says what is wrong with it.
   */
  readonly schedulerConfig?: object | string;
  /** Time for the whole cluster: with a `VirtualClock`, `advance` moves all of it. Default: the machine's. */
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  /** Where objects are kept. Default: in memory. */
  readonly storage?: Storage;
  /** Whether clients outside this process are served, on a free loopback port. Default true. */
  readonly listen?: boolean;
}

/**
 * A whole cluster in this process, for tests: a real API server with real controllers and a real scheduler, objects in
 * memory, and as many nodes with simulated containers as wanted. No root, no Docker, no etcd. Several run side by side.
 *
 *     const cluster = await Cluster.start({ nodes: 1 });
 *     kubeConfig.loadFromString(cluster.kubeconfig);
 *     ...
 *     await cluster.stop();
 */
export class Cluster {
  /** Calls the API server as the administrator, without a socket. */
  readonly client: Client;
  /** A kubeconfig of the administrator for clients outside this process; empty with `listen: false`. */
  readonly kubeconfig: string;
  /** Where the API server listens, e.g. `https://127.0.0.1:41234`; empty with `listen: false`. */
  readonly url: string;
  readonly clock: Clock;
  readonly #plane: ControlPlane;
  readonly #nodes: SimulatedNodes;

  private constructor(parts: {
    plane: ControlPlane;
    kubeconfig: string;
    url: string;
    clock: Clock;
    nodes: SimulatedNodes;
  }) {
    this.client = parts.plane.clientAs(adminUser);
    this.kubeconfig = parts.kubeconfig;
    this.url = parts.url;
    this.clock = parts.clock;
    this.#plane = parts.plane;
    this.#nodes = parts.nodes;
  }

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const { clock = realClock, random = realRandom, log = noLog, listen = true } = options;
    // Certificates are checked by clients that live in real time, so they are made by the real clock.
    const pki = await Pki.open({ clock: realClock });
    const plane = await ControlPlane.start({
      storage: options.storage ?? new MemoryStorage({ clock }),
      soleWriter: !options.storage,
      pki,
      clock,
      random,
      log,
      serviceCidr: '10.96.0.0/16',
      // Endpoints cannot have loopback addresses, and operators expect those of `default/kubernetes` to be there.
      advertiseAddress: listedAddress() ?? '127.0.0.1',
      ...(listen && { listen: { host: '127.0.0.1', port: 0 } }),
      ...(options.controllers !== undefined && { controllers: options.controllers }),
      ...(options.scheduler !== undefined && { scheduler: options.scheduler }),
      ...(options.schedulerConfig !== undefined && {
        schedulerConfig: schedulerConfiguration(options.schedulerConfig),
      }),
    });
    const url = listen ? `https://127.0.0.1:${plane.port}` : '';
    const kubeconfig = listen ? await adminKubeconfig(pki, url) : '';
    const serving = listen && options.nodes ? await simulatedEndpoint(pki) : undefined;
    const as = (name: string) => plane.clientAs(authenticated(name, ['system:nodes']), 'kubelet');
    const nodes = new SimulatedNodes({
      ...{ count: options.nodes ?? 0, prefix: 'node-', firstRange: 244, clock, random, log, serving },
      ...{ client: as('system:simulated-nodes'), heartbeat: options.heartbeat },
      clientOf: (name) => as(`system:node:${name}`),
    });
    await nodes.start();
    return new Cluster({ plane, kubeconfig, url, clock, nodes });
  }

  /** Calls the API server without a socket as somebody else. */
  clientAs(username: string, groups: readonly string[] = []): Client {
    return this.#plane.clientAs(authenticated(username, groups));
  }

  /**
   * Switches a node off as a power cut does: its kubelet falls silent, its containers are gone, and nobody else is told.
   * @throws an Error when there is no node of this name (`node-1` and so on)
   */
  stopNode(name: string): Promise<void> {
    return this.#nodes.node(name).stop();
  }

  /** Switches a node on again: it starts without containers, as a machine does. */
  startNode(name: string): Promise<void> {
    return this.#nodes.node(name).start();
  }

  async stop(): Promise<void> {
    await this.#nodes.stop();
    await this.#plane.stop();
  }
}

async function adminKubeconfig(pki: Pki, server: string): Promise<string> {
  const { certificate, privateKey } = await pki.credentials('admin');
  return kubeconfigText({ server, ca: pki.caCertificate, cert: certificate, key: privateKey });
}

import { realClock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { createLog, type Log } from '../base/log.ts';
import { realRandom } from '../base/random.ts';
import { authenticated } from '../auth/user.ts';
import { Client } from '../client/client.ts';
import { httpsExchange, type Connection } from '../client/https-transport.ts';
import type { ControlPlane } from './control-plane.ts';
import type { DataDir } from './data-dir.ts';
import { Pki } from './pki.ts';
import type { SimulatedNodeOptions, SimulatedSize } from './simulated-node.ts';
import { SimulatedNodes } from './simulated-nodes.ts';
import { version } from './version.ts';

/** A label of every simulated node that `cox` runs: `kubectl delete nodes -l simulate.coxswain.io/node` removes them. */
export const simulatedLabel = 'simulate.coxswain.io/node';

/** What names of simulated nodes begin with when nobody says anything else. */
export const PREFIX = 'sim-';
/** Pod ranges of simulated nodes begin at 10.128.0.0, away from those of nodes that run containers. */
const FIRST_RANGE = 128;
/** Statuses of pods on their way at a time. */
const WRITERS = 32;
/** Milliseconds. */
const QUIET = 500;
const MOST_NODES = (FIRST_RANGE - 12) * 256;

export interface SimulateOptions extends SimulatedSize {
  readonly count: number;
  readonly prefix: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly connection: Connection;
  /** The cluster's folder, when it is on this machine: its authority signs the certificate of the nodes' endpoints. */
  readonly dataDir?: DataDir | undefined;
}

/**
 * Runs simulated nodes of the cluster that the connection leads to, until they are stopped: then they fall silent, as
 * machines that are switched off.
 * @throws a sentence when the cluster cannot be reached, or the nodes are too many
 */
export async function simulateNodes(options: SimulateOptions): Promise<Component> {
  checkCount(options.count);
  const exchange = httpsExchange(options.connection);
  const nodes = new SimulatedNodes({
    ...options,
    ...shared(options),
    client: new Client(exchange, { userAgent: `kubelet/${version()}` }),
    log: createLog('warn'),
    serving:
      options.dataDir &&
      (await simulatedEndpoint(await Pki.open({ directory: options.dataDir.pki, clock: realClock }))),
  });
  const stop = async () => {
    await nodes.stop();
    await exchange.close();
  };
  try {
    await nodes.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { name: nodes.name, start: async () => {}, stop };
}

export interface OwnSimulationOptions {
  readonly count: number;
  readonly plane: ControlPlane;
  readonly pki: Pki;
  readonly log: Log;
}

/** Runs simulated nodes of a cluster in the cluster's own process. */
export async function simulateOwnNodes({ count, plane, pki, log }: OwnSimulationOptions): Promise<Component> {
  const as = (name: string) => plane.clientAs(authenticated(name, ['system:nodes']), 'kubelet');
  const nodes = new SimulatedNodes({
    ...shared({}),
    ...{ count, prefix: PREFIX, log: log.child({ component: 'simulated nodes' }) },
    client: as('system:simulated-nodes'),
    clientOf: (name) => as(`system:node:${name}`),
    serving: await simulatedEndpoint(pki),
  });
  await nodes.start();
  return nodes;
}

/** @throws a sentence */
export function checkCount(count: number): void {
  if (count < 1 || count > MOST_NODES) throw new Error(`${count} nodes cannot be simulated: 1 to ${MOST_NODES} can`);
}

/** What all simulated nodes outside of tests have in common. */
export function shared({ labels = {} }: { labels?: Readonly<Record<string, string>> }) {
  return {
    nodeLabels: { [simulatedLabel]: 'true', ...labels },
    ...{ firstRange: FIRST_RANGE, writers: WRITERS, quiet: QUIET, clock: realClock, random: realRandom },
  };
}

/** All simulated nodes show the same certificate: they live at one address. */
export async function simulatedEndpoint(pki: Pki): Promise<NonNullable<SimulatedNodeOptions['serving']>> {
  const { certificate, privateKey } = await pki.issue({
    commonName: 'system:node:simulated',
    organizations: ['system:nodes'],
    ...{ dnsNames: ['localhost'], ips: ['127.0.0.1'], days: 365 },
    usages: ['server'],
  });
  return { cert: certificate, key: privateKey, clientCa: pki.caCertificate };
}

import { CertificateAuthority } from '../auth/certificates.ts';
import type { Clock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import type { Log } from '../base/log.ts';
import { realRandom } from '../base/random.ts';
import { Client } from '../client/client.ts';
import { httpsExchange, type Connection } from '../client/https-transport.ts';
import { IngressController } from '../ingress/ingress.ts';
import { IngressStatusServer } from '../ingress/status-server.ts';
import { ThreadPlane } from '../ingress/thread-plane.ts';
import { defaultAddress } from './machine.ts';
import { version } from './version.ts';

/** How the ingress controller of this machine listens. */
export interface IngressSettings {
  /** Default: all addresses. */
  readonly address?: string | undefined;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Where this machine reads metrics; 0: nowhere. */
  readonly metricsPort?: number | undefined;
  /** The addresses that Ingresses show. Default: that of the node. */
  readonly publish?: readonly string[] | undefined;
}

export interface IngressSurroundings {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  /** The node's address. */
  readonly nodeIp: string;
}

const DAYS = 3650;

/** The ingress controller of this machine. Its requests go through a thread of their own, which runs when it is needed. */
export async function createIngress(
  { address, httpPort, httpsPort, publish, metricsPort }: IngressSettings,
  { client, clock, log, nodeIp }: IngressSurroundings,
  withdraw = false,
): Promise<Component> {
  const settings = { address, httpPort, httpsPort, defaultCertificate: await selfMade(clock) };
  const ingress = new IngressController({
    ...{ client, clock, log, withdraw, random: realRandom },
    addresses: publish ?? [nodeIp],
    makePlane: (told) => new ThreadPlane({ settings, clock, log: log.child({ component: 'ingress' }), told }),
  });
  if (!metricsPort) return ingress;
  const status = new IngressStatusServer({ port: metricsPort, clock, log, metrics: () => ingress.metrics() });
  return {
    name: ingress.name,
    start: async () => void (await Promise.all([status.start(), ingress.start()])),
    stop: async () => void (await Promise.all([status.stop(), ingress.stop()])),
  };
}

/** A certificate that nobody trusts, for names that nobody has given us one for. */
async function selfMade(clock: Clock): Promise<{ cert: string; key: string }> {
  const name = 'Coxswain Ingress Controller Default Certificate';
  const authority = await CertificateAuthority.create(name, clock, DAYS);
  const { certificate, privateKey } = await authority.issue({
    ...{ commonName: name, dnsNames: ['ingress.local'], usages: ['server'], days: DAYS },
  });
  return { cert: certificate, key: privateKey };
}

/** Runs an ingress controller of the cluster that the connection leads to, until it is stopped. */
export async function runIngress(
  settings: IngressSettings,
  { connection, clock, log }: { readonly connection: Connection; readonly clock: Clock; readonly log: Log },
): Promise<Component> {
  const exchange = httpsExchange(connection);
  const client = new Client(exchange, { userAgent: `cox-ingress/${version()}` });
  const nodeIp = settings.publish?.[0] ?? (await defaultAddress());
  const ingress = await createIngress(settings, { client, clock, log, nodeIp }, true);
  const stop = async () => {
    await ingress.stop();
    await exchange.close();
  };
  try {
    await ingress.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { name: ingress.name, start: async () => {}, stop };
}

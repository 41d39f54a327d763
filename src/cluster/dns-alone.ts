import { realClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { secureRandom } from '../base/random.ts';
import { Client } from '../client/client.ts';
import { httpsExchange, type Connection } from '../client/https-transport.ts';
import { servesOnly } from '../dns/clients.ts';
import { DnsServer } from '../dns/dns-server.ts';
import { DnsPublisher, type DnsPlace } from '../dns/publish.ts';
import { parseUpstream, serversOfFile } from '../dns/upstream/servers.ts';
import { version } from './version.ts';

export interface DnsAloneOptions {
  readonly connection: Connection;
  readonly log: Log;
  readonly host: string;
  readonly port: number;
  readonly statusPort?: number | undefined;
  readonly domain: string;
  /** Networks that may ask besides private ones. */
  readonly clients: readonly string[];
  /** Other DNS servers, as `192.0.2.1:53`. Default: those of `/etc/resolv.conf`. */
  readonly upstreams?: readonly string[] | undefined;
  /** The cluster IP of the service that is to lead here; absent: none does. */
  readonly clusterIp?: string | undefined;
  /** What tells this server from others of the cluster. */
  readonly name: string;
}

/** Checks what a command line says. @throws Error with a sentence */
export function checkDnsNetworks(options: {
  clients: readonly string[];
  upstreams?: readonly string[] | undefined;
}): void {
  for (const upstream of options.upstreams ?? []) parseUpstream(upstream);
  for (const network of options.clients) {
    try {
      servesOnly([network]);
    } catch {
      throw new Error(`"${network}" is not a network like 10.0.0.0/8`);
    }
  }
}

/** Runs the DNS of a cluster that is somewhere else, in this process. @returns where it listens, and how to stop it */
export async function runDnsAlone(options: DnsAloneOptions): Promise<{ place: DnsPlace; stop: () => Promise<void> }> {
  const { connection, log, upstreams, clusterIp, host, name, port, ...rest } = options;
  const exchange = httpsExchange(connection);
  const client = new Client(exchange, { userAgent: `dns/${version()}` });
  const given = upstreams?.map(parseUpstream);
  const server = new DnsServer({
    ...{ ...rest, host, ports: [port], client, log, clock: realClock, random: secureRandom, version: version() },
    upstreams: given ? () => given : serversOfFile('/etc/resolv.conf', realClock),
  });
  await server.start();
  const place = { host, name, port: server.port, statusPort: server.statusPort || undefined };
  const publisher = clusterIp
    ? new DnsPublisher({ client, clock: realClock, log, clusterIp, place: () => place })
    : undefined;
  await publisher?.start();
  return {
    place,
    async stop() {
      await publisher?.stop();
      await server.stop();
      await exchange.close();
    },
  };
}

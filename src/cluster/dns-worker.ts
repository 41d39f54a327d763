import { parentPort, workerData } from 'node:worker_threads';
import { realClock } from '../base/clock.ts';
import { createLog, errorMessage, type LogLevel } from '../base/log.ts';
import { secureRandom } from '../base/random.ts';
import { Client } from '../client/client.ts';
import { httpsExchange, type Connection } from '../client/https-transport.ts';
import { DnsServer } from '../dns/dns-server.ts';
import { serversOfFile } from '../dns/upstream/servers.ts';

/** What the thread of the DNS server needs to know. */
export interface DnsWorkerData {
  readonly connection: Connection;
  readonly host: string;
  readonly ports: readonly number[];
  readonly statusPort: number;
  readonly clients: readonly string[];
  readonly domain?: string | undefined;
  /** The file that names other DNS servers. */
  readonly resolverFile: string;
  readonly version: string;
  readonly logLevel: LogLevel;
  readonly logFile: string;
}

/** What it says once it answers, or when it cannot. */
export type DnsWorkerMessage = { readonly port: number; readonly statusPort: number } | { readonly error: string };

const { connection, resolverFile, logLevel, logFile, ...options } = workerData as DnsWorkerData;
const exchange = httpsExchange(connection);
const server = new DnsServer({
  ...options,
  client: new Client(exchange, { userAgent: `dns/${options.version}` }),
  clock: realClock,
  random: secureRandom,
  log: createLog(logLevel, logFile),
  upstreams: serversOfFile(resolverFile, realClock),
});

const say = (message: DnsWorkerMessage) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort!.postMessage(message);
};

// Any message means: stop. The thread ends when nothing is open any more.
parentPort!.once('message', async () => {
  await server.stop();
  await exchange.close();
  parentPort!.close();
});

server.start().then(
  () => say({ port: server.port, statusPort: server.statusPort }),
  (error: unknown) => say({ error: errorMessage(error) }),
);

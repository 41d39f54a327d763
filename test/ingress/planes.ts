import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { CertificateAuthority } from '../../src/auth/certificates.ts';
import { realClock } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { LocalPlane } from '../../src/ingress/local-plane.ts';
import type { PortState } from '../../src/ingress/plane.ts';
import type { Certificate, Endpoint, Route, RouteOptions, RoutingTable } from '../../src/ingress/table.ts';

export const routeOptions: RouteOptions = {
  redirectToHttps: false,
  bodyLimit: 0,
  connectTimeout: 2_000,
  readTimeout: 5_000,
};

export function aRoute(rest: Partial<Route> = {}): Route {
  return {
    path: '/',
    match: 'prefix',
    upstream: 'default/web:80',
    protocol: 'http',
    ingress: 'default/web',
    options: routeOptions,
    ...rest,
  };
}

export function aTable(
  routes: Record<string, readonly Route[]>,
  certificates: readonly Certificate[] = [],
): RoutingTable {
  return { hosts: Object.entries(routes).map(([host, all]) => ({ host, routes: all })), certificates };
}

const authority = CertificateAuthority.create('test', realClock);

/** A certificate for the names, with its key. */
export async function certificateFor(...names: string[]): Promise<{ cert: string; key: string }> {
  const request = { commonName: names[0]!, dnsNames: names, usages: ['server' as const], days: 30 };
  const { certificate, privateKey } = await (await authority).issue(request);
  return { cert: certificate, key: privateKey };
}

/** A data plane on free loopback ports, and backends; all are ended by `end`. */
export class Bench {
  readonly #cleanup: (() => Promise<unknown> | void)[] = [];
  readonly states: PortState[] = [];
  http = 0;
  https = 0;
  plane!: LocalPlane;

  async start(settings: { httpPort?: number; drain?: number } = {}): Promise<void> {
    this.plane = new LocalPlane({
      settings: {
        address: '127.0.0.1',
        httpPort: 0,
        httpsPort: 0,
        drain: 500,
        defaultCertificate: await certificateFor('default.invalid'),
        ...settings,
      },
      clock: realClock,
      random: seededRandom(1),
      log: noLog,
      told: (state) => {
        this.states.push(state);
        if (!state.problem) this[state.scheme] = state.port;
      },
    });
    await this.plane.start();
    this.#cleanup.push(() => this.plane.stop());
  }

  /** A backend of HTTP/1.1. */
  async backend(handler: http.RequestListener): Promise<{ server: http.Server; endpoint: Endpoint }> {
    const server = http.createServer(handler);
    return { server, endpoint: await this.listen(server) };
  }

  async listen(server: {
    listen(port: number, host: string, then: () => void): unknown;
    address(): unknown;
    close(then?: () => void): unknown;
  }): Promise<Endpoint> {
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    this.#cleanup.push(() => {
      (server as http.Server).closeAllConnections?.();
      server.close();
    });
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  }

  serve(route: Partial<Route>, endpoints: readonly Endpoint[], sticky = false): void {
    this.plane.upstreams([['default/web:80', { endpoints, sticky }]]);
    this.plane.routes(aTable({ '': [aRoute(route)] }));
  }

  onEnd(then: () => void): void {
    this.#cleanup.push(then);
  }

  async end(): Promise<void> {
    for (const step of this.#cleanup.splice(0).reverse()) await step();
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  readonly trailers: NodeJS.Dict<string>;
}

/** One request on a connection of its own. */
export function request(port: number, options: http.RequestOptions & { body?: string | Buffer } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const call = http.request({ host: '127.0.0.1', port, agent: false, ...rest }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, headers, trailers } = response;
        resolve({ status, headers, trailers, text: Buffer.concat(chunks).toString() });
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

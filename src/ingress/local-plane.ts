import * as http from 'node:http';
import * as http2 from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { http1Incoming, http1Outgoing, http2Incoming, http2Outgoing } from './downstream.ts';
import { forward } from './forward.ts';
import { Http1Upstream } from './http1-upstream.ts';
import { Http2Upstream } from './http2-upstream.ts';
import { Listener } from './listener.ts';
import { IngressMetrics } from './metrics.ts';
import type { DataPlane, PlaneSettings, PortState, UpstreamChanges } from './plane.ts';
import { Routing } from './routing.ts';
import { ShownCertificates } from './shown-certificates.ts';
import type { RoutingTable } from './table.ts';
import { upgrade, type UpgradeOptions } from './upgrade.ts';

export interface LocalPlaneOptions {
  readonly settings: PlaneSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly told: (state: PortState) => void;
}

/** Milliseconds. Clients and proxies before us often keep connections for a minute. */
const KEEP_ALIVE = 75_000;
const HEADERS = 60_000;
const DRAIN = 10_000;
/** Bytes of all headers of a request. */
const MOST_HEADERS = 32 * 1024;
const MOST_STREAMS = 128;

/** Serves requests in this thread. */
export class LocalPlane implements DataPlane {
  readonly #options: LocalPlaneOptions;
  readonly #routing: Routing;
  readonly #certificates = new ShownCertificates();
  readonly #metrics = new IngressMetrics();
  readonly #forwarding: UpgradeOptions;
  readonly #listeners: readonly Listener[];
  #httpsPort: number;

  constructor(options: LocalPlaneOptions) {
    const { clock, random, log, settings } = options;
    this.#options = options;
    this.#routing = new Routing(clock, random);
    this.#httpsPort = settings.httpsPort;
    const httpsPort = () => this.#httpsPort;
    this.#forwarding = {
      routing: this.#routing,
      http1: new Http1Upstream(clock),
      http2: new Http2Upstream(clock),
      metrics: this.#metrics,
      clock,
      log,
      get httpsPort() {
        return httpsPort();
      },
      newId: () => requestId(random),
    };
    this.#listeners = [
      this.#listener('http', settings.httpPort, this.#plain()),
      this.#listener('https', settings.httpsPort, this.#secure()),
    ];
  }

  async start(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.start()));
  }

  async stop(): Promise<void> {
    const { drain = DRAIN } = this.#options.settings;
    await Promise.all(this.#listeners.map((listener) => listener.stop(drain)));
    this.#forwarding.http1.close();
    this.#forwarding.http2.close();
  }

  routes(table: RoutingTable): void {
    this.#routing.routes(table);
    this.#certificates.replace(table.certificates);
    this.#metrics.keep(ingressesOf(table));
  }

  upstreams(changes: UpstreamChanges): void {
    this.#routing.upstreams(changes);
  }

  metrics(): Promise<string> {
    return Promise.resolve(this.#metrics.registry.render());
  }

  #listener(scheme: PortState['scheme'], port: number, server: http.Server | http2.Http2SecureServer): Listener {
    const { settings, clock, told } = this.#options;
    const tell = (actual: number, problem?: string) => {
      if (scheme === 'https' && !problem) this.#httpsPort = actual;
      told({ scheme, port: actual, ...(problem !== undefined && { problem }) });
    };
    return new Listener({ server, address: settings.address, port, clock, told: tell });
  }

  #plain(): http.Server {
    const server = http.createServer({
      keepAliveTimeout: KEEP_ALIVE,
      headersTimeout: HEADERS,
      requestTimeout: 0, // bodies may take long; that they do not stand still the backend's timeout sees to
      maxHeaderSize: MOST_HEADERS,
    });
    server.on('request', (request, response) => this.#http1(request, response));
    this.#upgrades(server);
    return server;
  }

  /** HTTP/2 and HTTP/1.1 over TLS, as the client chooses. */
  #secure(): http2.Http2SecureServer {
    const { cert, key } = this.#options.settings.defaultCertificate;
    const server = http2.createSecureServer({
      cert,
      key,
      allowHTTP1: true,
      minVersion: 'TLSv1.2',
      SNICallback: (name, use) => use(null, this.#certificates.find(name)),
      settings: { maxConcurrentStreams: MOST_STREAMS },
    });
    Object.assign(server, { keepAliveTimeout: KEEP_ALIVE, headersTimeout: HEADERS, requestTimeout: 0 });
    server.on('request', (request, response) => {
      if (request.httpVersionMajor < 2) return this.#http1(request as any, response as any);
      forward(http2Incoming(request), http2Outgoing(request.stream), this.#httpsPort, this.#forwarding);
    });
    server.on('sessionError', () => {}); // a client that breaks the protocol; its connection ends
    this.#upgrades(server);
    return server;
  }

  #http1(request: http.IncomingMessage, response: http.ServerResponse): void {
    forward(http1Incoming(request), http1Outgoing(response), request.socket.localPort ?? 0, this.#forwarding);
  }

  #upgrades(server: http.Server | http2.Http2SecureServer): void {
    server.on('upgrade', (request: http.IncomingMessage, socket: Duplex, head: Buffer) => {
      upgrade(request, socket, head, request.socket.localPort ?? 0, this.#forwarding);
    });
  }
}

/** The Ingresses that routes are of, by key. */
function ingressesOf({ hosts, fallback }: RoutingTable): Set<string> {
  const routes = [...hosts.flatMap((host) => [...host.routes, host.fallback]), fallback];
  return new Set(routes.flatMap((route) => route?.ingress ?? []));
}

/** 32 hexadecimal digits: to tell requests apart in logs, not to be secret. */
function requestId(random: Random): string {
  const part = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return part() + part() + part() + part();
}

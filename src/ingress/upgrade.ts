import { ServerResponse, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Value } from '../base/metrics.ts';
import { http1Incoming, http1Outgoing } from './downstream.ts';
import { decide, forward, type Accepted, type ForwardOptions } from './forward.ts';
import { forwardedHeaders, returnedHeaders, type Origin, type RawHeaders } from './headers.ts';
import { whenConnected, type Http1Upstream } from './http1-upstream.ts';
import { backendPath } from './routing.ts';
import type { Endpoint } from './table.ts';
import type { UpstreamRequest } from './upstream.ts';

/** Endpoints that are tried before the client is told that none can be reached. */
const MOST_TRIES = 3;

export interface UpgradeOptions extends ForwardOptions {
  readonly http1: Http1Upstream;
}

/**
 * Answers a request that wants to go on with another protocol, such as WebSocket. The client's further bytes wait until
 * the backend has agreed. Connections that were upgraded are never cut for being silent.
 */
export function upgrade(
  message: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  port: number,
  options: UpgradeOptions,
): void {
  socket.on('error', () => {}); // its 'close' follows
  const request = http1Incoming(message);
  const decision = decide(request, options.routing, options.httpsPort);
  const protocol = 'match' in decision ? decision.match.route.protocol : 'http';
  const response = responseOn(message, socket);
  // HTTP/2 has no upgrade; and a request with a body cannot be told from what follows it.
  if ('status' in decision || protocol === 'h2' || protocol === 'h2c' || request.length !== 'none') {
    return forward(request, http1Outgoing(response), port, options);
  }
  const { client, secure, authority = '' } = request;
  const origin = { client, secure, port, authority, requestId: request.requestId ?? options.newId() };
  new Upgrade(message, socket, response, decision, options).start(head, upstreamRequest(message, decision, origin));
}

function upstreamRequest(message: IncomingMessage, { match, target }: Accepted, origin: Origin): UpstreamRequest {
  const { options, protocol } = match.route;
  const { connectTimeout, readTimeout, upstreamHost } = options;
  const headers = forwardedHeaders(message.rawHeaders, origin, { upgrade: message.headers.upgrade, upstreamHost });
  const path = backendPath(match, target);
  const method = message.method ?? 'GET';
  return { method, path, headers, body: undefined, secure: protocol === 'https', connectTimeout, readTimeout };
}

/** One connection that is to go on with another protocol. */
class Upgrade {
  readonly #socket: Duplex;
  readonly #response: ServerResponse;
  readonly #decision: Accepted;
  readonly #options: UpgradeOptions;
  readonly #client: string;
  readonly #started: number;

  constructor(
    message: IncomingMessage,
    socket: Duplex,
    response: ServerResponse,
    decision: Accepted,
    options: UpgradeOptions,
  ) {
    this.#socket = socket;
    this.#response = response;
    this.#decision = decision;
    this.#options = options;
    this.#client = http1Incoming(message).client;
    this.#started = options.clock.monotonic();
  }

  /** @param tried endpoints that could not be reached; the backend has not heard of the request yet */
  start(head: Buffer, request: UpstreamRequest, tried: readonly Endpoint[] = []): void {
    const { balancer } = this.#decision;
    const endpoint = balancer.choose(this.#client, tried.length > 0 ? tried : undefined);
    if (!endpoint) return this.#refuse(503, '503 Service Temporarily Unavailable');
    let call: ClientRequest;
    try {
      call = this.#options.http1.open(endpoint, request);
    } catch {
      return this.#refuse(400, '400 Bad Request');
    }
    let [over, sent] = [false, false];
    const failed = (status: number, text: string) => {
      if (over) return;
      over = true;
      this.#socket.off('close', gone);
      call.destroy();
      balancer.failed(endpoint);
      const more = !sent && tried.length < MOST_TRIES - 1 && tried.length + 1 < balancer.size;
      if (more && !this.#socket.destroyed) this.start(head, request, [...tried, endpoint]);
      else this.#refuse(status, text);
    };
    const gone = () => call.destroy();
    whenConnected(
      call,
      this.#options.clock,
      request,
      () => failed(504, '504 Gateway Timeout'),
      () => {
        sent = true;
        call.end();
      },
    );
    call.on('error', () => failed(502, '502 Bad Gateway'));
    call.on('timeout', () => failed(504, '504 Gateway Timeout'));
    call.on('response', (answer) => this.#declined(answer));
    call.on('upgrade', (answer, backend, first) => this.#agreed(answer, backend, head, first));
    this.#socket.once('close', gone);
  }

  #count(status: number): void {
    const { metrics, clock } = this.#options;
    metrics.answered(this.#decision.match.route.ingress, status, (clock.monotonic() - this.#started) / 1000);
  }

  #refuse(status: number, text: string): void {
    if (this.#response.headersSent) {
      this.#socket.destroy();
      return;
    }
    this.#count(status);
    this.#response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
    this.#response.end(`${text}\n`);
  }

  /** The backend answers as to any other request. */
  #declined(answer: IncomingMessage): void {
    const status = answer.statusCode ?? 502;
    this.#count(status);
    this.#response.writeHead(status, [...returnedHeaders(answer.rawHeaders), 'Connection', 'close']);
    answer.pipe(this.#response);
  }

  #agreed(answer: IncomingMessage, backend: Duplex, fromClient: Buffer, fromBackend: Buffer): void {
    this.#count(101);
    this.#response.detachSocket(this.#socket as never);
    this.#socket.write(switching(answer.rawHeaders, answer.headers.upgrade ?? ''));
    join(this.#socket, backend, fromClient, fromBackend, this.#options.metrics.upgraded);
  }
}

/** An answer on a connection that Node.js has handed over. */
function responseOn(message: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(message);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as never);
  response.once('finish', () => socket.end());
  return response;
}

function switching(raw: RawHeaders, protocol: string): string {
  const headers = [...returnedHeaders(raw), 'Connection', 'Upgrade', 'Upgrade', protocol];
  const lines = headers.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${headers[i + 1]}`] : []));
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/** Lets both sides speak to each other until one ends. */
function join(client: Duplex, backend: Duplex, fromClient: Buffer, fromBackend: Buffer, upgraded: Value): void {
  upgraded.inc();
  for (const side of [client, backend]) (side as { setTimeout?(ms: number): void }).setTimeout?.(0);
  if (fromClient.length > 0) backend.write(fromClient);
  if (fromBackend.length > 0) client.write(fromBackend);
  backend.on('error', () => {}); // its 'close' follows
  client.once('close', () => {
    upgraded.dec();
    backend.destroy();
  });
  backend.once('close', () => client.destroy());
  client.pipe(backend);
  backend.pipe(client);
}

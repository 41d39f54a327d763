import * as http2 from 'node:http2';
import type { Clock } from '../base/clock.ts';
import { realClock } from '../base/clock.ts';
import type { HttpExchange, HttpRequest, HttpResponse } from '../base/http-exchange.ts';

/** Where an API server is and how to prove who we are. Certificates and keys are PEM. */
export interface Connection {
  /** e.g. `https://127.0.0.1:6443`; a path is put before every request's. */
  readonly server: string;
  readonly ca?: string | Buffer | undefined;
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  /** A bearer token, or a function that gives the current one. */
  readonly token?: string | (() => string) | undefined;
  /** The name that the server's certificate must be for, when it is not the URL's host. */
  readonly serverName?: string | undefined;
  /** Trusts any certificate. */
  readonly insecureSkipTlsVerify?: boolean | undefined;
}

export interface HttpsOptions extends Connection {
  readonly clock?: Clock;
  /** A connection that is silent for so many milliseconds is asked for a sign of life. Default 30 s, as client-go's. */
  readonly pingEvery?: number;
  /** How many milliseconds the sign of life may take, and a connection to be made. Default 15 s. */
  readonly pingTimeout?: number;
}

/** An `HttpExchange` over TLS that holds connections until it is closed. */
export type HttpsExchange = HttpExchange & { close(): Promise<void> };

/** Streams per connection before a second one is made, when the server does not say: watches hold theirs for minutes. */
const STREAMS_PER_SESSION = 200;
const MEGABYTE = 1024 * 1024;

/** A live HTTP/2 connection and what we know of it. */
interface Session {
  readonly http2: http2.ClientHttp2Session;
  /** Resolves when the server has said how many streams it takes; rejects when there is no connection. */
  readonly ready: Promise<void>;
  /** How many streams it takes, once `ready`. */
  limit: number | undefined;
  streams: number;
  /** When the peer was last heard of, by the monotonic clock. */
  heard: number;
  /** Whether an answer came over it: errors of a fresh connection are final, those of a stale one are tried again. */
  proven: boolean;
}

/**
 * The transport to an API server on another end of a network: HTTP/2 over TLS, many requests on one connection, a new
 * connection when the old one is gone or full. Requests that the server certainly did not process are sent again.
 */
export function httpsExchange(options: HttpsOptions): HttpsExchange {
  const pool = new SessionPool(options);
  const exchange = (request: HttpRequest) => pool.send(request);
  return Object.assign(exchange, { close: () => pool.close() });
}

class SessionPool {
  readonly #options: HttpsOptions;
  readonly #origin: URL;
  readonly #pathPrefix: string;
  readonly #clock: Clock;
  #sessions = new Set<Session>();
  /** Every connection that is not closed yet, also those that take no new requests. */
  #all = new Set<http2.ClientHttp2Session>();
  #closed = false;

  constructor(options: HttpsOptions) {
    this.#options = options;
    this.#origin = new URL(options.server);
    if (this.#origin.protocol !== 'https:') {
      throw new Error(`the API server's address must begin with https://, but is ${options.server}`);
    }
    this.#pathPrefix = this.#origin.pathname.replace(/\/+$/, '');
    this.#clock = options.clock ?? realClock;
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    request.signal?.throwIfAborted();
    if (this.#closed) throw new Error('the connection to the API server is closed');
    const session = await this.#acquire();
    const proven = session.proven;
    try {
      return await this.#sendOn(session, request);
    } catch (error) {
      if (request.signal?.aborted || this.#closed || !mayRepeat(error, request, proven)) throw error;
      return this.#sendOn(await this.#acquire(), request);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const all = [...this.#all];
    await Promise.all(
      all.filter((s) => !s.destroyed).map((s) => new Promise<void>((done) => (s.once('close', done), s.destroy()))),
    );
  }

  /** A connection with a place for one more stream, which is taken in the caller's name. */
  async #acquire(): Promise<Session> {
    for (;;) {
      const session = this.#pick() ?? this.#connect();
      await session.ready;
      if (session.http2.closed || session.http2.destroyed || session.streams >= session.limit!) continue;
      session.streams++;
      return session;
    }
  }

  /** A connection with room, or one that is being made. */
  #pick(): Session | undefined {
    for (const session of this.#sessions) {
      if (session.http2.closed || session.http2.destroyed) continue;
      if (session.limit === undefined || session.streams < session.limit) return session;
    }
    return undefined;
  }

  #connect(): Session {
    const { ca, cert, key, serverName, insecureSkipTlsVerify } = this.#options;
    const client = http2.connect(this.#origin.origin, {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(serverName && { servername: serverName }),
      rejectUnauthorized: !insecureSkipTlsVerify,
      // The default of 10 MB refuses parallel answers of a few megabytes each.
      maxSessionMemory: 1000,
      settings: { initialWindowSize: 4 * MEGABYTE, enablePush: false },
    });
    const ready = readiness(client);
    const session: Session = { http2: client, ready, limit: undefined, streams: 0, heard: 0, proven: false };
    this.#sessions.add(session);
    this.#all.add(client);
    this.#follow(session);
    return session;
  }

  #follow(session: Session): void {
    const { http2: client } = session;
    const timeout = this.#options.pingTimeout ?? 15_000;
    const connecting = this.#clock.after(timeout, () => client.destroy(new Error('connecting took too long')));
    const pings = this.#clock.every(this.#options.pingEvery ?? 30_000, () => this.#checkLife(session));
    client.once('connect', () => client.setLocalWindowSize(16 * MEGABYTE));
    client.once('remoteSettings', ({ maxConcurrentStreams = STREAMS_PER_SESSION }) => {
      connecting.cancel();
      session.heard = this.#clock.monotonic();
      session.limit = Math.max(1, Math.min(maxConcurrentStreams, STREAMS_PER_SESSION));
    });
    client.on('error', () => this.#sessions.delete(session)); // each of its streams gets the error too
    client.on('goaway', () => this.#sessions.delete(session));
    client.on('close', () => {
      connecting.cancel();
      pings.cancel();
      this.#all.delete(client);
      this.#sessions.delete(session);
    });
  }

  /** Ends a connection whose peer is gone without a word, so that its watches start anew elsewhere. */
  #checkLife(session: Session): void {
    const { http2: client } = session;
    const now = this.#clock.monotonic();
    if (client.connecting || client.destroyed || now - session.heard < (this.#options.pingEvery ?? 30_000) / 2) return;
    const timer = this.#clock.after(this.#options.pingTimeout ?? 15_000, () => {
      client.destroy(new Error('the server does not answer any more'));
    });
    client.ping((error) => {
      timer.cancel();
      if (!error) session.heard = this.#clock.monotonic();
    });
  }

  #sendOn(session: Session, request: HttpRequest): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      const { body, signal } = request;
      const stream = session.http2.request(this.#headersOf(request), { endStream: !body, ...(signal && { signal }) });
      stream.once('response', (headers) => {
        session.heard = this.#clock.monotonic();
        session.proven = true;
        resolve({ status: Number(headers[':status']), headers: plainHeaders(headers), body: stream });
      });
      stream.on('error', reject); // stays: errors after the answer reach the reader of the body
      stream.once('close', () => {
        session.streams--;
        reject(new Error('the connection was closed before an answer came'));
      });
      if (body) stream.end(body);
    });
  }

  #headersOf(request: HttpRequest): http2.OutgoingHttpHeaders {
    const { token } = this.#options;
    const value = typeof token === 'function' ? token() : token;
    return {
      ...request.headers,
      ':method': request.method,
      ':path': this.#pathPrefix + request.url,
      ...(value && { authorization: `Bearer ${value}` }),
    };
  }
}

function readiness(client: http2.ClientHttp2Session): Promise<void> {
  const ready = new Promise<void>((resolve, reject) => {
    client.once('remoteSettings', () => resolve());
    client.once('error', reject);
    client.once('close', () => reject(new Error('the server closed the connection before it said anything')));
  });
  ready.catch(() => {}); // those who wait for it are told; there may be none
  return ready;
}

/** Whether sending again cannot do the same thing twice: the server refused, or the request only reads. */
function mayRepeat(error: any, request: HttpRequest, proven: boolean): boolean {
  const { code, message } = error;
  if (code === 'ERR_HTTP2_GOAWAY_SESSION' || code === 'ERR_HTTP2_INVALID_SESSION') return true;
  if (code === 'ERR_HTTP2_STREAM_ERROR' && String(message).includes('NGHTTP2_REFUSED_STREAM')) return true;
  return proven && request.method === 'GET';
}

function plainHeaders(headers: http2.IncomingHttpHeaders): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':')) continue;
    out[name] = name === 'warning' ? [value].flat() : [value].flat().join(', ');
  }
  return out;
}

import { PassThrough, type Readable } from 'node:stream';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Balancer } from './balancer.ts';
import { answer, type Incoming, type Outgoing } from './downstream.ts';
import { forwardedHeaders, framing, returnedHeaders, type Origin } from './headers.ts';
import type { IngressMetrics } from './metrics.ts';
import type { Match } from './router.ts';
import { backendPath, type Routing } from './routing.ts';
import type { Endpoint } from './table.ts';
import { targetOf, type Target } from './target.ts';
import type { Stage, UpstreamAnswer, UpstreamClient, UpstreamError, UpstreamRequest } from './upstream.ts';

/** What answering requests needs. */
export interface ForwardOptions {
  readonly routing: Routing;
  readonly http1: UpstreamClient;
  readonly http2: UpstreamClient;
  readonly metrics: IngressMetrics;
  readonly clock: Clock;
  readonly log: Log;
  /** The port to which plain requests are redirected. */
  readonly httpsPort: number;
  /** A new identity for a request that brings none. */
  readonly newId: () => string;
}

/** How many endpoints are tried for one request. */
const ATTEMPTS = 3;
/** Methods that may be sent twice (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** What a request is refused with, or where it goes. */
export type Decision =
  | { readonly match: Match; readonly target: Target; readonly balancer: Balancer }
  | { readonly status: number; readonly text: string; readonly headers?: readonly string[]; readonly ingress?: string };

/** Decides about a request by all that is known before its body. */
export function decide(request: Incoming, routing: Routing, httpsPort: number): Decision {
  const target = targetOf(request.url, request.authority);
  if (!target || request.length === undefined) return { status: 400, text: '400 Bad Request' };
  const match = routing.find(target);
  if (!match) return { status: 404, text: 'default backend - 404' };
  const { ingress, options } = match.route;
  if (!routing.serves(match.route, request.client)) return { status: 403, text: '403 Forbidden', ingress };
  if (options.redirectToHttps && !request.secure) {
    const port = httpsPort === 443 ? '' : `:${httpsPort}`;
    const location = `https://${target.host}${port}${target.path}${target.query}`;
    return { status: 308, text: '308 Permanent Redirect', headers: ['Location', location], ingress };
  }
  if (options.bodyLimit > 0 && Number(request.length) > options.bodyLimit) {
    return { status: 413, text: '413 Request Entity Too Large', headers: ['Connection', 'close'], ingress };
  }
  const balancer = routing.balancer(match.route);
  if (!balancer?.size) return { status: 503, text: '503 Service Temporarily Unavailable', ingress };
  return { match, target, balancer };
}

/** Answers a request: by ourselves, or with what the backend says. */
export function forward(request: Incoming, out: Outgoing, port: number, options: ForwardOptions): void {
  const started = options.clock.monotonic();
  const decision = decide(request, options.routing, options.httpsPort);
  const refused = 'status' in decision;
  const ingress = refused ? (decision.ingress ?? '') : decision.match.route.ingress;
  const done = { status: refused ? decision.status : 499 };
  out.onClose(() => {
    const milliseconds = options.clock.monotonic() - started;
    options.metrics.answered(ingress, done.status, milliseconds / 1000);
    if (!options.log.enabled?.('debug')) return;
    const { method, url, authority, client } = request;
    options.log.debug('request', { ingress, method, host: authority, path: url, client, ...done, milliseconds });
  });
  if (refused) {
    request.body.resume();
    answer(out, decision.status, decision.text, decision.headers);
  } else {
    new Exchange(request, out, decision, port, options, done).start();
  }
}

/** A decision that a backend is to answer. */
export type Accepted = Extract<Decision, { match: Match }>;

/** One request on its way to a backend and its answer back. */
class Exchange {
  readonly #request: Incoming;
  readonly #out: Outgoing;
  readonly #decision: Accepted;
  readonly #options: ForwardOptions;
  readonly #done: { status: number };
  readonly #origin: Origin;
  #tried: Endpoint[] | undefined;
  #end: (() => void) | undefined;
  #closed = false;

  constructor(
    request: Incoming,
    out: Outgoing,
    decision: Accepted,
    port: number,
    options: ForwardOptions,
    done: { status: number },
  ) {
    this.#request = request;
    this.#out = out;
    this.#decision = decision;
    this.#options = options;
    this.#done = done;
    const { client, secure, authority = '' } = request;
    this.#origin = { client, secure, port, authority, requestId: request.requestId ?? options.newId() };
  }

  start(): void {
    this.#out.onClose(() => {
      this.#closed = true;
      this.#end?.();
    });
    try {
      this.#attempt(this.#upstreamRequest());
    } catch {
      // Node.js throws for what HTTP does not allow in a path or a header.
      this.#refuse(400, '400 Bad Request');
    }
  }

  #upstreamRequest(): UpstreamRequest {
    const { method, headers, length, body } = this.#request;
    const { match, target } = this.#decision;
    const { options, protocol } = match.route;
    const { bodyLimit, connectTimeout, readTimeout, upstreamHost } = options;
    return {
      method,
      path: backendPath(match, target),
      headers: forwardedHeaders(headers, this.#origin, { framing: framing(length!, method), upstreamHost }),
      body: length === 'none' ? undefined : length === 'chunked' && bodyLimit ? this.#limited(body, bodyLimit) : body,
      secure: protocol === 'https' || protocol === 'h2',
      connectTimeout,
      readTimeout,
    };
  }

  #attempt(request: UpstreamRequest): void {
    const { match, balancer } = this.#decision;
    const endpoint = balancer.choose(this.#origin.client, this.#tried);
    if (!endpoint) return this.#refuse(503, '503 Service Temporarily Unavailable');
    const { protocol } = match.route;
    const upstream = protocol === 'h2c' || protocol === 'h2' ? this.#options.http2 : this.#options.http1;
    this.#end = upstream.send(endpoint, request, {
      answered: (given) => this.#return(given),
      failed: (error, stage) => this.#failed(error, stage, endpoint, request),
    });
  }

  #failed(error: UpstreamError, stage: Stage, endpoint: Endpoint, request: UpstreamRequest): void {
    if (this.#closed) return;
    const { match, balancer } = this.#decision;
    const { ingress, upstream } = match.route;
    this.#options.log.warn('a backend failed', { ingress, upstream, ...endpoint, error: error.message });
    if (stage === 'unsent') balancer.failed(endpoint);
    const again = stage === 'unsent' || (!request.body && !error.timedOut && IDEMPOTENT.has(request.method));
    this.#tried = [...(this.#tried ?? []), endpoint];
    const left = stage === 'sent' || this.#tried.length < balancer.size;
    if (again && left && this.#tried.length < ATTEMPTS) {
      this.#options.metrics.retried(ingress);
      // A connection that the backend closed when it was idle says nothing against the backend.
      if (stage === 'sent' && this.#tried.length >= balancer.size) this.#tried = this.#tried.slice(0, -1);
      return this.#attempt(request);
    }
    if (error.timedOut) this.#refuse(504, '504 Gateway Timeout');
    else this.#refuse(502, '502 Bad Gateway');
  }

  #refuse(status: number, text: string): void {
    this.#done.status = status;
    this.#request.body.unpipe();
    this.#request.body.resume();
    answer(this.#out, status, text);
  }

  #return(given: UpstreamAnswer): void {
    const out = this.#out;
    const { body } = given;
    this.#done.status = given.status;
    out.head(given.status, given.reason, returnedHeaders(given.headers), given.over);
    body.on('data', (chunk: Buffer) => {
      if (out.write(chunk)) return;
      body.pause();
      out.onDrain(() => body.resume());
    });
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      if (given.whole()) out.end(given.trailers());
      else out.abort();
    };
    body.on('end', end);
    // A body that breaks off must not look like a whole one.
    body.on('error', end);
    body.on('close', end);
  }

  /** The body up to a limit; one that is longer is answered so, unless the backend has answered already. */
  #limited(body: Readable, limit: number): Readable {
    const limited = new PassThrough();
    let size = 0;
    body.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) return;
      body.unpipe(limited);
      this.#end?.();
      this.#refuse(413, '413 Request Entity Too Large');
    });
    body.pause();
    return body.pipe(limited);
  }
}

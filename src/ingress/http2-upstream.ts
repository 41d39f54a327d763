import * as http2 from 'node:http2';
import type { Clock } from '../base/clock.ts';
import { asObject } from './downstream.ts';
import type { RawHeaders } from './headers.ts';
import { guardedLookup } from './reachable.ts';
import type { Endpoint } from './table.ts';
import { UpstreamError, type UpstreamClient, type UpstreamHandlers, type UpstreamRequest } from './upstream.ts';

/** A connection without requests is closed after so many milliseconds. */
const IDLE = 60_000;
/** nghttp2's flag of a frame after which nothing comes. */
const END_STREAM = http2.constants.NGHTTP2_FLAG_END_STREAM;

interface Session {
  readonly http2: http2.ClientHttp2Session;
  /** Rejects with an `UpstreamError` when there is no connection. */
  readonly ready: Promise<void>;
}

/** Backends that speak HTTP/2, as gRPC does: one connection to each, with or without TLS. */
export class Http2Upstream implements UpstreamClient {
  readonly #clock: Clock;
  readonly #sessions = new Map<string, Session>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  send(endpoint: Endpoint, request: UpstreamRequest, handlers: UpstreamHandlers): () => void {
    const call: Call = { over: false };
    const session = this.#session(endpoint, request);
    session.ready.then(
      () => call.over || begin(call, session.http2, request, handlers),
      (error: UpstreamError) => call.over || handlers.failed(error, 'unsent'),
    );
    return () => {
      call.over = true;
      call.stream?.close(http2.constants.NGHTTP2_CANCEL);
    };
  }

  close(): void {
    for (const { http2: session } of this.#sessions.values()) session.destroy();
  }

  #session({ host, port }: Endpoint, { secure, connectTimeout }: UpstreamRequest): Session {
    const url = `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
    const known = this.#sessions.get(url);
    if (known && !known.http2.closed && !known.http2.destroyed) return known;
    const session = http2.connect(url, {
      rejectUnauthorized: false,
      lookup: guardedLookup,
    } as http2.SecureClientSessionOptions);
    const made = { http2: session, ready: this.#connected(session, connectTimeout) };
    made.ready.catch(() => {});
    this.#sessions.set(url, made);
    const forget = () => {
      if (this.#sessions.get(url) === made) this.#sessions.delete(url);
    };
    session.on('goaway', forget);
    session.on('close', forget);
    session.setTimeout(IDLE, () => session.close());
    return made;
  }

  #connected(session: http2.ClientHttp2Session, within: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = new UpstreamError('the backend did not accept a connection in time', true);
      const timer = this.#clock.after(within, () => session.destroy(late));
      session.on('error', (error) => reject(error instanceof UpstreamError ? error : new UpstreamError(error.message)));
      session.once('connect', () => {
        timer.cancel();
        resolve();
      });
      session.once('close', () => {
        timer.cancel();
        reject(new UpstreamError('the backend closed the connection'));
      });
    });
  }
}

/** One request on its way. */
interface Call {
  over: boolean;
  stream?: http2.ClientHttp2Stream;
}

function begin(
  call: Call,
  session: http2.ClientHttp2Session,
  request: UpstreamRequest,
  { answered, failed }: UpstreamHandlers,
): void {
  const fail = (error: UpstreamError, stage: 'sent' | 'unsent' = 'sent') => {
    if (call.over) return;
    call.over = true;
    failed(error, stage);
  };
  let stream: http2.ClientHttp2Stream;
  try {
    stream = session.request(requestHeaders(request), { endStream: !request.body });
  } catch (error) {
    return fail(new UpstreamError((error as Error).message), 'unsent');
  }
  call.stream = stream;
  let trailers: RawHeaders = [];
  stream.setTimeout(request.readTimeout, () => {
    fail(new UpstreamError('the backend did not answer in time', true));
    stream.close(http2.constants.NGHTTP2_CANCEL);
  });
  stream.on('error', (error) => fail(new UpstreamError(error.message)));
  stream.on('close', () => fail(new UpstreamError('the backend ended the request')));
  stream.on('trailers', (headers) => (trailers = rawOf(headers)));
  stream.on('response', (headers, flags) => {
    if (call.over) return;
    call.over = true;
    const status = headers[':status'] ?? 502;
    const whole = () => stream.rstCode === http2.constants.NGHTTP2_NO_ERROR;
    const over = (flags & END_STREAM) !== 0;
    answered({ status, headers: rawOf(headers), body: stream, over, trailers: () => trailers, whole });
  });
  if (request.body) request.body.pipe(stream);
}

function requestHeaders({ method, path, headers, secure }: UpstreamRequest): http2.OutgoingHttpHeaders {
  const { host, connection: _, 'transfer-encoding': __, ...rest } = asObject(headers);
  const scheme = secure ? 'https' : 'http';
  // Without this some gRPC servers refuse a call.
  const te = String(rest['content-type'] ?? '').startsWith('application/grpc') ? { te: 'trailers' } : {};
  return { ':method': method, ':path': path, ':scheme': scheme, ':authority': String(host), ...rest, ...te };
}

function rawOf(headers: http2.IncomingHttpHeaders): string[] {
  const out: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(':')) continue;
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) out.push(name, one);
  }
  return out;
}

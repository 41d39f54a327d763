import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type Http2ServerRequest, type ServerHttp2Stream } from 'node:http2';
import type { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { bodyLength, type BodyLength, type RawHeaders } from './headers.ts';

/** A request of a client, whatever version of HTTP it speaks. */
export interface Incoming {
  readonly method: string;
  readonly url: string;
  readonly authority: string | undefined;
  readonly headers: RawHeaders;
  readonly requestId: string | undefined;
  /** The client's address. */
  readonly client: string;
  readonly secure: boolean;
  readonly body: Readable;
  /** Undefined when it cannot be told. */
  readonly length: BodyLength | undefined;
}

/** The answer to a client. */
export interface Outgoing {
  /** Whether the client has been told something already. */
  readonly started: boolean;
  /** @param over whether neither body nor trailers follow */
  head(status: number, reason: string | undefined, headers: RawHeaders, over: boolean): void;
  /** @returns false when the client is slow: wait for `onDrain` */
  write(chunk: Buffer): boolean;
  onDrain(then: () => void): void;
  end(trailers: RawHeaders): void;
  /** Lets the client see that the answer is not whole. */
  abort(): void;
  /** Calls back once, when the answer is out or the client has gone. */
  onClose(then: (whole: boolean) => void): void;
}

/** An address as others write it: IPv4 clients of a socket for both families without the prefix. */
function plainAddress(address = ''): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

export function http1Incoming(request: IncomingMessage): Incoming {
  const { socket, headers } = request;
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    authority: headers.host,
    headers: request.rawHeaders,
    requestId: headers['x-request-id'] as string | undefined,
    client: plainAddress(socket.remoteAddress),
    secure: (socket as TLSSocket).encrypted ?? false,
    body: request,
    length: bodyLength(headers),
  };
}

export function http1Outgoing(response: ServerResponse): Outgoing {
  return {
    get started() {
      return response.headersSent;
    },
    head: (status, reason, headers) => {
      const raw = headers as string[];
      if (reason) response.writeHead(status, reason, raw);
      else response.writeHead(status, raw);
    },
    write: (chunk) => response.write(chunk),
    onDrain: (then) => response.once('drain', then),
    end: (trailers) => {
      if (trailers.length > 0) response.addTrailers(pairs(trailers));
      response.end();
    },
    abort: () => response.destroy(),
    onClose: (then) => response.once('close', () => then(response.writableFinished)),
  };
}

function pairs(raw: RawHeaders): [string, string][] {
  return raw.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, raw[i + 1]!]] : []));
}

export function http2Incoming({ stream, headers, rawHeaders, method, url }: Http2ServerRequest): Incoming {
  const length = headers['content-length'];
  return {
    method,
    url,
    authority: headers[':authority'] ?? headers.host,
    headers: joinedCookies(rawHeaders),
    requestId: headers['x-request-id'] as string | undefined,
    client: plainAddress(stream.session?.socket.remoteAddress),
    secure: true,
    body: stream,
    length: stream.endAfterHeaders ? 'none' : length === undefined ? 'chunked' : Number(length),
  };
}

/** HTTP/2 may split cookies over several headers; HTTP/1 must not (RFC 9113, 8.2.3). */
function joinedCookies(raw: RawHeaders): RawHeaders {
  const cookies = raw.filter((_, i) => i % 2 === 1 && raw[i - 1] === 'cookie');
  if (cookies.length < 2) return raw;
  const others = raw.filter((_, i) => raw[i - (i % 2)] !== 'cookie');
  return [...others, 'cookie', cookies.join('; ')];
}

export function http2Outgoing(stream: ServerHttp2Stream): Outgoing {
  let trailers: RawHeaders = [];
  const gone = () => stream.destroyed || stream.closed;
  return {
    get started() {
      return stream.headersSent;
    },
    head: (status, _, headers, over) => {
      if (gone()) return;
      const { connection: _connection, ...fields } = asObject(headers);
      stream.respond({ ':status': status, ...fields }, { endStream: over, waitForTrailers: !over });
      // Node.js's own answer object, which we do not use, would send its trailers: none.
      stream.removeAllListeners('wantTrailers');
      if (!over) stream.once('wantTrailers', () => stream.sendTrailers(asObject(trailers)));
    },
    write: (chunk) => gone() || stream.writableEnded || stream.write(chunk),
    onDrain: (then) => stream.once('drain', then),
    end: (last) => {
      trailers = last;
      if (!gone() && !stream.writableEnded) stream.end();
    },
    abort: () => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
    onClose: (then) => {
      stream.on('error', () => {});
      stream.once('close', () => then(stream.writableFinished && stream.rstCode === constants.NGHTTP2_NO_ERROR));
    },
  };
}

/** Headers as HTTP/2 takes them: lower case, several of a name as a list. */
export function asObject(raw: RawHeaders): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    const before = out[name];
    out[name] = before === undefined ? raw[i + 1]! : [...(Array.isArray(before) ? before : [before]), raw[i + 1]!];
  }
  return out;
}

/** Sends a short text of our own. */
export function answer(out: Outgoing, status: number, text: string, headers: RawHeaders = []): void {
  if (out.started) return out.abort();
  const body = Buffer.from(`${text}\n`);
  const length = ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', String(body.length)];
  out.head(status, undefined, [...length, ...headers], false);
  out.write(body);
  out.end([]);
}

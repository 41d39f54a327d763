import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Duplex, Writable } from 'node:stream';
import type { ReadableWritablePair } from 'node:stream/web';
import { ApiError } from '../../apimachinery/api-error.ts';
import type { Exchange, Upgrade } from '../exchange/exchange.ts';
import { backendFailure, type Backend } from './proxy/backend.ts';
import { forwardedFor, responseHeaders } from './proxy/headers.ts';

/** Header fields that are between the client and us. */
const keptBack = /^(authorization|impersonate-.*|x-forwarded-(for|uri))$/i;
/** A token in the place where browsers must put it. */
const tokenProtocol = /^base64url\.bearer\.authorization\.k8s\.io\./;
/** The head of an answer is not longer than this, in bytes. */
const longestHead = 64 * 1024;
/** A refusal is cut behind so many bytes: it is a sentence, not a document. */
const longestRefusal = 1024 * 1024;

export interface TunnelRoute {
  readonly backend: Backend;
  /** Path and query. */
  readonly path: string;
  /** Further header fields: name and value. */
  readonly headers?: readonly (readonly [string, string])[];
}

/**
 * Sends a request that wants to leave HTTP on to the backend as it came, and then lets both ends talk: whichever
 * protocol they agree on (WebSocket, SPDY, ...) passes through unread. A refusal of the backend goes to the client as
 * it is.
 *
 * Until the backend has agreed, nothing of the client but this one request reaches it: the connection may be one on
 * which the backend takes the client for us, and would answer whatever further requests it is sent.
 * @throws ApiError when the backend cannot be reached or neither agrees nor refuses
 */
export async function tunnel(exchange: Exchange, upgrade: Upgrade, route: TunnelRoute): Promise<void> {
  const { backend } = route;
  const { socket, head } = upgrade;
  const connection = await backend.open().catch((error: unknown) => {
    throw new ApiError(500, '', `error dialing backend: ${backendFailure(error, backend.authority)}`);
  });
  if (socket.destroyed) return void connection.destroy();
  const abandon = () => void connection.destroy();
  socket.once('close', abandon);
  connection.write(`${headLines(exchange, upgrade, route).join('\r\n')}\r\n\r\n`, 'latin1');
  try {
    const { status, bytes } = await readHead(connection);
    if (status !== 101) return await refuse(exchange, connection, { status, bytes });
    exchange.response.stream(status, {});
    socket.off('close', abandon);
    if (head.length > 0) connection.write(head);
    socket.write(bytes);
    joinConnections(connection, socket);
  } catch (error) {
    connection.destroy();
    if (error instanceof ApiError) throw error;
    throw new ApiError(500, '', `error reading the answer of the backend: ${backendFailure(error, backend.authority)}`);
  }
}

/** What a backend has said so far. */
interface Head {
  readonly status: number;
  readonly bytes: Buffer;
}

/** Shows the client the refusal, and ends both connections. @throws Error */
async function refuse(exchange: Exchange, connection: Duplex, { status, bytes }: Head): Promise<void> {
  if (status < 400) throw new ApiError(500, '', `invalid upgrade response: status code ${status}`);
  connection.unshift(bytes);
  const answer = await answerOn(connection, exchange.request.method);
  const body: Buffer[] = [];
  let left = longestRefusal;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    body.push(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) break;
  }
  connection.destroy();
  const { 'content-length': _length, ...headers } = responseHeaders(answer);
  exchange.response.send(status, headers, Buffer.concat(body));
}

/** Reads the answer to a request that has been written on the connection by hand. */
function answerOn(connection: Duplex, method: string): Promise<IncomingMessage> {
  const sent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // The types know this form of web streams only.
  const halves = { readable: connection, writable: sent } as unknown as ReadableWritablePair;
  return new Promise((resolve, reject) => {
    httpRequest({ method, createConnection: () => Duplex.from(halves) })
      .once('response', resolve)
      .on('error', reject)
      .end();
  });
}

function headLines({ request }: Exchange, { rawHeaders }: Upgrade, { path, headers = [] }: TunnelRoute): string[] {
  const lines = [`${request.method} ${path} HTTP/1.1`];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (keptBack.test(name)) continue;
    const value =
      name.toLowerCase() === 'sec-websocket-protocol' ? withoutToken(rawHeaders[i + 1]!) : rawHeaders[i + 1]!;
    if (value) lines.push(`${name}: ${value}`);
  }
  const through = forwardedFor(request.headers['x-forwarded-for'], request.remoteAddress);
  if (through) lines.push(`X-Forwarded-For: ${through}`);
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  return lines;
}

function withoutToken(protocols: string): string {
  if (!protocols.includes('base64url.bearer.')) return protocols;
  return protocols
    .split(',')
    .filter((p) => !tokenProtocol.test(p.trim()))
    .join(',')
    .trim();
}

/** Reads until the answer's status is known; `bytes` is all that has come. */
function readHead(connection: Duplex): Promise<Head> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const done = (error?: Error) => {
      connection.pause();
      for (const [event, listener] of listeners) connection.off(event, listener);
      const status = Number(/^HTTP\/1\.[01] ([0-9]{3})/.exec(bytes.toString('latin1', 0, 16))?.[1]);
      if (error) reject(error);
      else if (status) resolve({ status, bytes });
      else reject(new Error('malformed HTTP response'));
    };
    const onData = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.includes('\r\n\r\n')) done();
      else if (bytes.length > longestHead) done(new Error('the header of the answer is too long'));
    };
    const listeners: [string, (...args: any[]) => void][] = [
      ['data', onData],
      ['error', (error: Error) => done(error)],
      ['end', () => done(new Error('EOF'))],
      ['close', () => done(new Error('EOF'))],
    ];
    for (const [event, listener] of listeners) connection.on(event, listener);
  });
}

/** Two ends, one connection: what ends one side ends the other, when it has taken all that was said. */
function joinConnections(a: Duplex, b: Duplex): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.pipe(to);
    from.on('error', () => {}); // 'close' follows
    from.once('close', () => {
      if (to.writableFinished) to.destroy();
      else to.once('finish', () => to.destroy()).end();
    });
  }
}

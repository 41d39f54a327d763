import type { ClientRequest, IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { constants, createDeflate, createGunzip, createGzip, createInflate } from 'node:zlib';
import { serviceUnavailable } from '../../../apimachinery/api-error.ts';
import type { BodyStream, Exchange } from '../../exchange/exchange.ts';
import { backendFailure, type Backend } from './backend.ts';
import { requestHeaders, responseHeaders } from './headers.ts';
import { htmlLinks } from './html-links.ts';
import { rewriteLink, type LinkBase } from './links.ts';

/** Where a request goes, and from where its answer seems to come. */
export interface Route {
  readonly backend: Backend;
  /** The path for the backend, without the query. */
  readonly path: string;
  /** The path in front of that, as the client sees it. */
  readonly prefix: string;
}

/**
 * Passes a request on and its answer back, both bit by bit and no faster than either end takes them. Resolves when it is
 * over, also because one of both ends has gone.
 * @throws ApiError ServiceUnavailable when the backend does not answer
 */
export async function forward(exchange: Exchange, { backend, path, prefix }: Route): Promise<void> {
  const { request } = exchange;
  const sent = backend.request({
    method: request.method,
    path: (path || '/') + request.url.slice(exchange.path.length),
    headers: requestHeaders(request.headers, request.remoteAddress, prefix + path),
  });
  request.onClose(() => sent.destroy());
  const body = request.stream();
  sendBody(exchange, body, sent);
  try {
    const answer = await answerOf(sent, backend);
    const hosts = [backend.authority, request.headers.host ?? ''].filter(Boolean);
    await relay(exchange, answer, { prefix, hosts });
  } finally {
    sent.destroy();
    // What the backend did not want to read is read away, so that the client's connection can be used again.
    body.unpipe(sent);
    body.resume();
  }
}

function sendBody({ request: { method, headers } }: Exchange, body: Readable, sent: ClientRequest): void {
  body.on('error', () => sent.destroy());
  const none = headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;
  if (none && ['GET', 'HEAD', 'OPTIONS', 'DELETE'].includes(method)) sent.end();
  else body.pipe(sent);
}

function answerOf(sent: ClientRequest, { authority }: Backend): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    sent.on('error', (error) => {
      reject(serviceUnavailable(`error trying to reach service: ${backendFailure(error, authority)}`));
    });
    sent.once('close', () => reject(serviceUnavailable('error trying to reach service: EOF')));
  });
}

function relay(exchange: Exchange, answer: IncomingMessage, base: LinkBase): Promise<void> {
  const headers = responseHeaders(answer);
  if (typeof headers['location'] === 'string') headers['location'] = rewriteLink(headers['location'], base);
  const steps = stepsFor(answer, base);
  const trailers = answer.headers['trailer'];
  if (trailers) headers['trailer'] = trailers;
  // Behind a body of known length there are no trailers in HTTP/1.1.
  if (steps.length > 0 || trailers) delete headers['content-length'];
  const out = exchange.response.stream(answer.statusCode ?? 502, headers);
  const source = steps.length > 0 ? (pipeline([answer, ...steps], () => {}) as unknown as Readable) : answer;
  return pass(exchange, source, answer, out);
}

/** Trailers as they can be passed on: what frames a message is not for a trailer to say. */
function trailersOf(trailers: NodeJS.Dict<string>): Record<string, string> {
  const framing = new Set(['content-length', 'transfer-encoding', 'trailer']);
  return Object.fromEntries(
    Object.entries(trailers).filter(
      (entry): entry is [string, string] => !framing.has(entry[0]) && entry[1] !== undefined,
    ),
  );
}

/** What the body of an HTML page goes through: unpack, rewrite, pack. */
function stepsFor({ headers }: IncomingMessage, base: LinkBase): Transform[] {
  const type = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== 'text/html' || headers.location !== undefined) return [];
  const links = htmlLinks((link) => rewriteLink(link, base));
  const flush = constants.Z_SYNC_FLUSH;
  switch (headers['content-encoding']) {
    case undefined:
    case '':
      return [links];
    case 'gzip':
      return [createGunzip(), links, createGzip({ flush })];
    case 'deflate':
      return [createInflate(), links, createDeflate({ flush })];
    default:
      return []; // nobody here can read it
  }
}

/** Hands `source` on to the client; resolves when either is at its end. */
function pass({ request }: Exchange, source: Readable, answer: IncomingMessage, out: BodyStream): Promise<void> {
  return new Promise((resolve) => {
    let over = false;
    const finish = (how: 'end' | 'abort') => {
      if (over) return;
      over = true;
      if (how === 'end') out.end(trailersOf(answer.trailers));
      else out.abort();
      resolve();
    };
    request.onClose(() => finish('abort'));
    if (request.method === 'HEAD') {
      source.resume();
      return finish('end');
    }
    source.on('data', (chunk: Buffer) => {
      if (over || out.write(chunk)) return;
      source.pause();
      out.onDrain(() => source.resume());
    });
    source.once('end', () => finish(answer.complete ? 'end' : 'abort'));
    source.on('error', () => finish('abort'));
    source.once('close', () => finish('abort'));
  });
}

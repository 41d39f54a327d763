import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Exchange, ResponseHeaders } from '../exchange/exchange.ts';

/** Smaller answers are not worth the work, in bytes: upstream's limit. */
const threshold = 128 * 1024;
/** Higher levels take longer and save little on such texts. */
const level = 4;

const compressed = promisify(gzip);

/**
 * Sends a body, compressed when it is large and the client takes that. The work is done beside the event loop; the
 * promise resolves when the answer is on its way.
 */
export function sendBody(
  exchange: Exchange,
  status: number,
  headers: ResponseHeaders,
  body: Buffer,
): void | Promise<void> {
  if (body.length <= threshold || !takesGzip(exchange.request.headers['accept-encoding'])) {
    return exchange.response.send(status, headers, body);
  }
  return compressed(body, { level }).then((packed) => {
    exchange.response.send(status, { ...headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' }, packed);
  });
}

/** The same for a body in parts, which is put together only where it must be. */
export function sendParts(
  exchange: Exchange,
  status: number,
  headers: ResponseHeaders,
  parts: readonly Buffer[],
): void | Promise<void> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length <= threshold || takesGzip(exchange.request.headers['accept-encoding'])) {
    return sendBody(exchange, status, headers, Buffer.concat(parts, length));
  }
  return exchange.response.sendParts(status, headers, parts, length);
}

/** Whether `gzip` is among the encodings, and not as one that the client does not want. */
function takesGzip(header: string | string[] | undefined): boolean {
  return String(header ?? '')
    .split(',')
    .some((token) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$)[0-9.]+\s*)?$/i.test(token));
}

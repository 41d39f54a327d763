import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Exchange, ResponseHeaders } from './exchange/exchange.ts';

/** A document ready to be sent. */
export interface CachedDocument {
  readonly body: Buffer;
  readonly contentType: string;
  /** With quotes, as in the header. */
  readonly etag: string;
}

/** Encodes a document, unless it is bytes already; its ETag is a hash of the bytes. */
export function toDocument(content: unknown, contentType = 'application/json'): CachedDocument {
  const body = content instanceof Buffer ? content : Buffer.from(JSON.stringify(content));
  return { body, contentType, etag: `"${sha512(body)}"` };
}

/** Upper case, as clients see hashes elsewhere in the API. */
export function sha512(content: string | Buffer): string {
  return createHash('sha512').update(content).digest('hex').toUpperCase();
}

/** Shorter documents are not worth compressing. */
const worthCompressing = 8 * 1024;
const compressed = new WeakMap<CachedDocument, Promise<Buffer>>();
const gzipped = promisify(gzip);

/** Sends a document that clients may keep: 304 when they have it still, compressed when they can read that. */
export async function sendDocument(
  exchange: Exchange,
  document: CachedDocument,
  caching: ResponseHeaders = { 'cache-control': 'no-cache, private' },
): Promise<void> {
  const { headers } = exchange.request;
  const answer: ResponseHeaders = { etag: document.etag, vary: 'Accept, Accept-Encoding', ...caching };
  if (matches(headers['if-none-match'], document.etag)) return exchange.response.send(304, answer, Buffer.alloc(0));
  answer['content-type'] = document.contentType;
  if (document.body.length < worthCompressing || !acceptsGzip(headers['accept-encoding']))
    return exchange.response.send(200, answer, document.body);
  answer['content-encoding'] = 'gzip';
  exchange.response.send(200, answer, await compressedBody(document));
}

/** Compressed once, on another thread, however many ask. */
function compressedBody(document: CachedDocument): Promise<Buffer> {
  const known = compressed.get(document);
  if (known) return known;
  const made = gzipped(document.body);
  compressed.set(document, made);
  return made;
}

/** Whether one of the tags in an `If-None-Match` header is `etag`; weak ones count as they are compared for equality. */
export function matches(header: string | undefined, etag: string): boolean {
  if (!header) return false;
  return header.split(',').some((tag) => {
    const bare = tag.trim().replace(/^W\//, '');
    return bare === '*' || bare === etag;
  });
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  return String(header ?? '')
    .split(',')
    .some((part) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$)|$)/i.test(part));
}

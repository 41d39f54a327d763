/** Headers as names and values in turn, as Node.js has them raw. */
export type RawHeaders = readonly string[];

/** Headers that are about one connection and go no further (RFC 9110, 7.6.1), in lower case. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** What we say about the client ourselves: whatever it says about itself is dropped. */
const OURS = new Set([
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-forwarded-scheme',
  'x-scheme',
  'x-real-ip',
  'forwarded',
]);

/** What a request is and where it came in. */
export interface Origin {
  readonly client: string;
  readonly secure: boolean;
  /** The port of the listener. */
  readonly port: number;
  /** As the client wrote it. */
  readonly authority: string;
  readonly requestId: string;
}

/**
 * The headers for the backend.
 * @param upstreamHost what to write as host instead of the client's
 * @param options.framing headers that say where the body ends, see `framing`
 * @param options.upgrade the protocol to which the connection is to change
 */
export function forwardedHeaders(
  raw: RawHeaders,
  origin: Origin,
  options: { framing?: RawHeaders; upgrade?: string | undefined; upstreamHost?: string | undefined } = {},
): string[] {
  const out = ['Host', options.upstreamHost ?? origin.authority];
  copy(raw, out, true);
  const scheme = origin.secure ? 'https' : 'http';
  out.push('X-Request-ID', origin.requestId, 'X-Real-IP', origin.client, 'X-Forwarded-For', origin.client);
  out.push('X-Forwarded-Host', origin.authority, 'X-Forwarded-Port', String(origin.port));
  out.push('X-Forwarded-Proto', scheme, 'X-Forwarded-Scheme', scheme, 'X-Scheme', scheme);
  if (options.framing) out.push(...options.framing);
  if (options.upgrade) out.push('Connection', 'Upgrade', 'Upgrade', options.upgrade);
  return out;
}

/** The headers of an answer that are for the client. */
export function returnedHeaders(raw: RawHeaders): string[] {
  const out: string[] = [];
  copy(raw, out, false);
  return out;
}

function copy(raw: RawHeaders, out: string[], request: boolean): void {
  const named = namedByConnection(raw);
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    if (HOP_BY_HOP.has(name) || named?.has(name) || name.charCodeAt(0) === 58) continue;
    if (request && isReplaced(name)) continue;
    out.push(raw[i]!, raw[i + 1]!);
  }
}

/** Some backends read `_` as `-`: nobody gets round us so. */
function isReplaced(name: string): boolean {
  if (name === 'host' || name === 'content-length' || name === 'expect' || name === 'x-request-id') return true;
  return OURS.has(name) || (name.includes('_') && OURS.has(name.replaceAll('_', '-')));
}

/** Further headers that the sender means for this connection only. What frames or routes a message is not his to name. */
function namedByConnection(raw: RawHeaders): Set<string> | undefined {
  let named: Set<string> | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]!.length !== 10 || raw[i]!.toLowerCase() !== 'connection') continue;
    for (const token of raw[i + 1]!.toLowerCase().split(',')) {
      const name = token.trim();
      if (name !== 'close' && name !== 'keep-alive' && name !== 'upgrade') (named ??= new Set()).add(name);
    }
  }
  return named;
}

/** How long the body of a request is: a number of bytes, `chunked`, or that there is none. */
export type BodyLength = number | 'chunked' | 'none';

/**
 * Reads how a request of HTTP/1 says where its body ends. Node.js has refused by then what is ambiguous.
 * @returns undefined for encodings that we cannot pass on
 */
export function bodyLength(headers: Readonly<Record<string, string | string[] | undefined>>): BodyLength | undefined {
  const encoding = headers['transfer-encoding'];
  if (encoding !== undefined) return String(encoding).trim().toLowerCase() === 'chunked' ? 'chunked' : undefined;
  const length = headers['content-length'];
  return length === undefined ? 'none' : Number(length);
}

/** The headers that frame a body of this length towards a backend of HTTP/1. */
export function framing(length: BodyLength, method: string): RawHeaders {
  if (length === 'chunked') return ['Transfer-Encoding', 'chunked'];
  if (length !== 'none') return ['Content-Length', String(length)];
  const bodiless = method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE';
  return bodiless ? [] : ['Content-Length', '0'];
}

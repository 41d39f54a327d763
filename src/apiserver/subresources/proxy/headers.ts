import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ResponseHeaders } from '../../exchange/exchange.ts';

/** Between two neighbours only (RFC 9110, 7.6.1), whatever `Connection` names besides. */
const hopByHop = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Between the client and us: credentials, and an expectation that has been met. */
const ours = /^(authorization|expect|impersonate-.*|:.*)$/;
/** A page of a pod must not be opened to other origins with the user's credentials for us. */
const crossOrigin = /^access-control-allow-/;

/** The header fields for the backend; `from` is the client's address. */
export function requestHeaders(
  headers: Readonly<IncomingHttpHeaders>,
  from: string | undefined,
  forwardedUri: string,
): Record<string, string | string[]> {
  const named = namedByConnection(headers.connection);
  const out: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || hopByHop.has(name) || named.has(name) || ours.test(name)) continue;
    out[name] = value;
  }
  if (namedByConnection([headers.te ?? []].flat().join(',')).has('trailers')) out['te'] = 'trailers';
  out['x-forwarded-uri'] = forwardedUri;
  const through = forwardedFor(headers['x-forwarded-for'], from);
  if (through) out['x-forwarded-for'] = through;
  return out;
}

/** Who has passed the request on, with the client that we see at the end. */
export function forwardedFor(before: string | string[] | undefined, from: string | undefined): string {
  return [...[before ?? []].flat(), ...(from ? [from.replace(/^::ffff:/, '')] : [])].join(', ');
}

/** The header fields for the client, repeated ones kept apart. */
export function responseHeaders({ rawHeaders, headers }: IncomingMessage): ResponseHeaders {
  const named = namedByConnection(headers.connection);
  const out: ResponseHeaders = {};
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (hopByHop.has(name) || named.has(name) || crossOrigin.test(name)) continue;
    const before = Object.hasOwn(out, name) ? out[name] : undefined;
    const value = rawHeaders[i + 1]!;
    out[name] = before === undefined ? value : [before, value].flat().map(String);
  }
  return out;
}

function namedByConnection(header: string | undefined): ReadonlySet<string> {
  return new Set((header ?? '').split(',').map((name) => name.trim().toLowerCase()));
}

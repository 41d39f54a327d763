import type { HttpAnswer, HttpGet, PodNetwork } from '../network/network.ts';
import type { ProbeOutcome } from './probe.ts';

const MOST_REDIRECTS = 10;
/** Those that lead elsewhere. */
const LEADING = new Set([301, 302, 303, 307, 308]);

/**
 * Gets, and follows redirects as long as they stay on the host. One that leads to another host is no failure, but worth
 * a warning; ten in a row are a failure.
 * @throws Error when there is no answer
 */
export async function httpProbe(network: Pick<PodNetwork, 'httpGet'>, first: HttpGet): Promise<ProbeOutcome> {
  let request = first;
  for (let hops = 0; ; hops++) {
    const answer = await network.httpGet(request);
    const next = LEADING.has(answer.status) ? followed(request, answer) : undefined;
    if (!next) return judged(answer);
    if (hops === MOST_REDIRECTS) throw new Error(`Get "${answer.location}": stopped after ${MOST_REDIRECTS} redirects`);
    request = next;
  }
}

function judged({ status, body }: HttpAnswer): ProbeOutcome {
  if (status >= 200 && status < 300) return { result: 'success', text: body };
  if (status >= 300 && status < 400)
    return { result: 'warning', text: `Probe terminated redirects, Response body: ${body}` };
  return { result: 'failure', text: `HTTP probe failed with statuscode: ${status}` };
}

/** The request that a redirect asks for; undefined when it leads away or nowhere. */
function followed(request: HttpGet, { location }: HttpAnswer): HttpGet | undefined {
  if (!location) return undefined;
  const { scheme, host, port, path } = request;
  const name = host.includes(':') ? `[${host}]` : host;
  const url = URL.parse(location, `${scheme}://${name}:${port}${path}`);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  if (url.hostname !== name && url.hostname !== hostHeader(request)) return undefined;
  const secure = url.protocol === 'https:';
  return {
    ...request,
    scheme: secure ? 'https' : 'http',
    port: Number(url.port) || (secure ? 443 : 80),
    path: `${url.pathname}${url.search}`,
  };
}

function hostHeader({ headers }: HttpGet): string | undefined {
  return headers.find(({ name }) => name.toLowerCase() === 'host')?.value;
}

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp } from 'node:net';
import type { HttpAnswer, HttpGet } from './network.ts';

/** What is said of a server that answers HTTPS in plain text. */
export const NOT_TLS = 'server gave HTTP response to HTTPS client';

/** Bytes of an answer that are of interest. */
const ENOUGH = 10 * 1024;

/** GETs without following redirects or checking certificates, as probes do. @throws Error when there is no answer */
export function httpGet({ scheme, host, port, path, headers, signal }: HttpGet): Promise<HttpAnswer> {
  const send = scheme === 'https' ? httpsRequest : httpRequest;
  const sent = { connection: 'close', ...headersOf(headers) };
  const address = addressOf(host, port);
  return new Promise((resolve, reject) => {
    const call = send(
      { host, port, path, headers: sent, agent: false, rejectUnauthorized: false, signal },
      (response) => {
        const { statusCode: status = 0, headers: found } = response;
        bodyOf(response).then((body) => resolve({ status, body, location: found.location }), reject);
      },
    );
    call.once('error', (error) =>
      reject(
        signal.aborted
          ? signal.reason
          : new Error(`Get "${scheme}://${address}${path}": ${dialError(error, address, scheme)}`),
      ),
    );
    call.end();
  });
}

/** What the probe says, each name as often as it says it, over what all probes say. An empty Accept is left out. */
function headersOf(given: HttpGet['headers']): Record<string, string[] | string> {
  const sent = new Map<string, string[]>();
  for (const { name, value } of given) {
    const key = name.toLowerCase();
    sent.set(key, [...(sent.get(key) ?? []), value]);
  }
  if (sent.get('accept')?.[0] === '') sent.delete('accept');
  else if (!sent.has('accept')) sent.set('accept', ['*/*']);
  if (!sent.has('user-agent')) sent.set('user-agent', ['kube-probe/1.36']);
  return Object.fromEntries([...sent].map(([name, values]) => [name, values.length === 1 ? values[0]! : values]));
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= ENOUGH) break;
  }
  return Buffer.concat(chunks).toString('utf8').slice(0, ENOUGH);
}

/** Connects and hangs up. @throws Error when nothing listens */
export function tcpConnect(host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, signal });
    socket.once('error', (error) =>
      reject(signal.aborted ? signal.reason : new Error(dialError(error, addressOf(host, port)))),
    );
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}

function addressOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'connect: connection timed out',
};

/** Why a connection failed, in the words that users of probes know. */
export function dialError(error: Error, address: string, scheme?: string): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (Object.hasOwn(WORDS, code)) return `dial tcp ${address}: ${WORDS[code]}`;
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${address.replace(/:\d+$/, '')}: no such host`;
  if (code === 'ECONNRESET') return message === 'socket hang up' ? 'EOF' : 'read: connection reset by peer';
  if (scheme === 'https' && /wrong version number|packet length too long/.test(message)) return `http: ${NOT_TLS}`;
  return message;
}

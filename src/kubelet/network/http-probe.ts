import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp } from 'node:net';
import type { HttpAnswer, HttpGet } from './network.ts';

/** Bytes of an answer that are of interest. */
const ENOUGH = 10 * 1024;

/** GETs without following redirects or checking certificates, as probes do. @throws Error when there is no answer */
export function httpGet({ scheme, host, port, path, headers, signal }: HttpGet): Promise<HttpAnswer> {
  const send = scheme === 'https' ? httpsRequest : httpRequest;
  const given = Object.fromEntries(headers.map(({ name, value }) => [name, value]));
  const sent = { 'user-agent': 'kube-probe/1.36', accept: '*/*', connection: 'close', ...given };
  return new Promise((resolve, reject) => {
    const call = send(
      { host, port, path, headers: sent, agent: false, rejectUnauthorized: false, signal },
      (response) => {
        bodyOf(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      },
    );
    call.once('error', (error) =>
      reject(signal.aborted ? signal.reason : new Error(`Get "${scheme}://${host}:${port}${path}": ${error.message}`)),
    );
    call.end();
  });
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
      reject(signal.aborted ? signal.reason : new Error(`dial tcp ${host}:${port}: ${error.message}`)),
    );
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}

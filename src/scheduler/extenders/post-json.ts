import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import type { Clock } from '../../base/clock.ts';
import type { ExtenderConfiguration } from '../config/configuration.ts';

/** More than this in an answer is an error. */
const LARGEST_ANSWER = 32 * 1024 * 1024;

export type PostJson = (url: string, body: object) => Promise<unknown>;

/**
 * Posts JSON to an extender and reads its JSON. Redirections are not followed: nothing but the configured address is asked.
 * @throws Error when the files of the TLS configuration cannot be read
 */
export function jsonPoster(config: ExtenderConfiguration, clock: Clock, timeout: number): PostJson {
  const secure = config.urlPrefix.startsWith('https:');
  const agent = secure
    ? new https.Agent({ keepAlive: true, ...tlsOptions(config.tlsConfig) })
    : new http.Agent({ keepAlive: true });
  const send = secure ? https.request : http.request;
  return (url, body) =>
    new Promise((resolve, reject) => {
      const bytes = Buffer.from(JSON.stringify(body));
      const headers = { 'content-type': 'application/json', 'content-length': bytes.length };
      const request = send(url, { method: 'POST', agent, headers }, (response) => {
        answerOf(response, url).then(resolve, reject);
      });
      const timer = clock.after(timeout, () => {
        request.destroy(new Error(`no answer within ${timeout / 1000} s`));
      });
      request.on('close', () => timer.cancel());
      request.on('error', (error) => reject(new Error(`Post "${url}": ${error.message}`, { cause: error })));
      request.end(bytes);
    });
}

async function answerOf(response: http.IncomingMessage, url: string): Promise<unknown> {
  const { statusCode } = response;
  if (statusCode !== 200) {
    response.destroy();
    throw new Error(`failed request with extender at URL ${url}, code ${statusCode}`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_ANSWER) throw new Error(`the answer of the extender at ${url} is too large`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new Error(`the answer of the extender at ${url} is not JSON`, { cause: error });
  }
}

function tlsOptions(tls: ExtenderConfiguration['tlsConfig'] = {}): https.AgentOptions {
  const ca = material(tls.caData, tls.caFile);
  const cert = material(tls.certData, tls.certFile);
  const key = material(tls.keyData, tls.keyFile);
  return {
    rejectUnauthorized: !tls.insecure,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(tls.serverName && { servername: tls.serverName }),
  };
}

/** PEM from base64, which wins, or from a file. */
function material(data: string | undefined, file: string | undefined): Buffer | undefined {
  if (data) return Buffer.from(data, 'base64');
  return file ? readFileSync(file) : undefined;
}

import type { IncomingMessage } from 'node:http';
import { ApiError, badRequest, internalError } from '../../apimachinery/api-error.ts';
import type { BodyStream, Exchange } from '../exchange/exchange.ts';
import { webSocketUpgrade } from '../exchange/web-socket.ts';
import type { HandlerServices, ResourceRequest } from '../handlers/services.ts';
import { checkLogQuery } from './log-options.ts';
import { logSocket } from './log-socket.ts';
import { chooseContainer, findPod, kubeletPath } from './pod-location.ts';

/** Parameters that are handed on to the kubelet as they are. */
const handedOn = ['follow', 'previous', 'timestamps', 'sinceSeconds', 'sinceTime', 'tailLines', 'limitBytes', 'stream'];
const longestError = 50_000;

/** Sends what a container has written, from its kubelet. */
export async function handleLog(
  { registry, kubelets }: HandlerServices,
  { exchange, target }: ResourceRequest,
): Promise<void> {
  checkLogQuery(exchange.query, target.name);
  const pod = await findPod(registry, target);
  const container = chooseContainer(pod, exchange.query.get('container'));
  if (!pod.spec?.nodeName) return exchange.response.send(204, {}, Buffer.alloc(0)); // nothing has been written
  const address = await kubelets.locate(registry, pod.spec.nodeName);
  const abort = new AbortController();
  exchange.request.onClose(() => abort.abort());
  const path = kubeletPath('containerLogs', pod, container) + queryFor(exchange.query);
  const insecure = exchange.flag('insecureSkipTLSVerifyBackend');
  const answer = await kubelets.get(address, path, abort.signal, { insecure });
  answer.on('error', () => {}); // its end is told by 'close'
  if (answer.statusCode !== 200) throw await failureOf(answer);
  relay(exchange, answer);
}

function queryFor(query: URLSearchParams): string {
  const handed = new URLSearchParams();
  for (const name of handedOn) {
    const value = query.get(name);
    if (value) handed.set(name, value);
  }
  const text = handed.toString();
  return text && `?${text}`;
}

/** Passes the bytes on as they come, no faster than the client reads. */
function relay(exchange: Exchange, answer: IncomingMessage): void {
  const out = outputFor(exchange, answer);
  answer.on('data', (chunk: Buffer) => {
    if (out.write(chunk)) return;
    answer.pause();
    out.onDrain(() => answer.resume());
  });
  answer.on('close', () => (answer.complete ? out.end() : out.abort()));
}

function outputFor(exchange: Exchange, answer: IncomingMessage): BodyStream {
  const upgrade = webSocketUpgrade(exchange);
  if (upgrade) return logSocket(exchange, upgrade);
  const type = answer.headers['content-type'] ?? 'text/plain';
  return exchange.response.stream(200, { 'content-type': type, 'cache-control': 'no-cache, private' });
}

/** The kubelet's refusal as a `Status`: its text is meant for the user. */
async function failureOf(answer: IncomingMessage): Promise<ApiError> {
  let text = '';
  for await (const chunk of answer) if (text.length < longestError) text += String(chunk);
  const message = text.trim().slice(0, longestError);
  const code = answer.statusCode ?? 500;
  if (code === 400) return badRequest(message);
  if (code === 404)
    return new ApiError(404, 'NotFound', message || 'the server could not find the requested resource', {});
  return code < 500 ? new ApiError(code, '', message) : internalError(message);
}

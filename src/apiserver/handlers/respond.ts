import { ApiError, internalError, isApiError, type Status } from '../../apimachinery/api-error.ts';
import { errorMessage, type Log } from '../../base/log.ts';
import { protobufType } from '../../apimachinery/protobuf/envelope.ts';
import type { Exchange, ResponseHeaders } from '../exchange/exchange.ts';
import { objectDocument } from '../output/protobuf.ts';
import { writeJson, writePretty, writeYaml } from '../output/list-text.ts';
import { negotiateDocument, wantsPretty } from './negotiate.ts';
import { warningHeaders } from './warnings.ts';

export const jsonType = 'application/json';

/** The header fields of an answer with a body of type `contentType`, with the warnings that have come up. */
export function headersFor(exchange: Exchange, contentType: string): ResponseHeaders {
  const headers: ResponseHeaders = { 'content-type': contentType, 'cache-control': 'no-cache, private' };
  if (exchange.warnings.length > 0) headers['warning'] = warningHeaders(exchange.warnings);
  return headers;
}

/** Sends JSON that is encoded already. */
export function sendJson(exchange: Exchange, status: number, body: Buffer): void {
  exchange.response.send(status, headersFor(exchange, jsonType), body);
}

/** Sends an object as JSON, or as protobuf or YAML where that is wanted and possible. */
export function sendObject(exchange: Exchange, status: number, object: object): void {
  const { contentType, body } = encode(exchange, object);
  exchange.response.send(status, headersFor(exchange, contentType), body);
}

function encode(exchange: Exchange, object: object): { contentType: string; body: Buffer } {
  const accepted = negotiateDocument(exchange.request.headers.accept);
  const document = accepted?.protobuf ? objectDocument(object) : undefined;
  if (document) return { contentType: protobufType, body: document };
  if (accepted?.yaml) return { contentType: accepted.contentType, body: Buffer.from(writeYaml(object)) };
  const write = wantsPretty(exchange, accepted) ? writePretty : writeJson;
  return { contentType: jsonType, body: Buffer.from(write(object)) };
}

/** Sends plain text, as health checks and metrics are. */
export function sendText(exchange: Exchange, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  const headers = headersFor(exchange, type);
  exchange.response.send(status, { ...headers, 'x-content-type-options': 'nosniff' }, Buffer.from(text));
}

/** The answer to paths of API groups that are not served: upstream's is no `Status`. */
export function sendPageNotFound(exchange: Exchange): void {
  sendText(exchange, 404, '404 page not found\n');
}

/** The `Status` of a success that has nothing else to say. */
export function successStatus(details?: Status['details']): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', ...(details && { details }), code: 200 };
}

/** Turns whatever was thrown into an `ApiError`; what is not one is a fault of ours, is logged, and tells the caller little. */
export function toApiError(error: unknown, log: Log, what: string): ApiError {
  if (isApiError(error)) return error;
  log.error('a request failed in a way it should not', {
    request: what,
    error: errorMessage(error),
    stack: error instanceof Error ? error.stack : undefined,
  });
  return internalError('the server met a fault of its own, which its log describes');
}

/** Answers with the `Status` of `error`; when an answer has begun already, it can only be cut off. */
export function sendError(exchange: Exchange, error: unknown, log: Log): void {
  const failure = toApiError(error, log, `${exchange.request.method} ${exchange.path}`);
  if (exchange.response.status !== 0) return exchange.response.abort();
  const { contentType, body } = encode(exchange, failure.toStatus());
  const headers = headersFor(exchange, contentType);
  if (failure.retryAfter !== undefined) headers['retry-after'] = failure.retryAfter;
  if (failure.code === 405 && exchange.allow.length > 0) headers['allow'] = exchange.allow.join(', ');
  exchange.response.send(failure.code, headers, body);
}

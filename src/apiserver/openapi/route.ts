import { noSuchPath, notAcceptable } from '../../apimachinery/api-error.ts';
import type { Clock } from '../../base/clock.ts';
import { sendDocument } from '../cached-document.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { OpenApi, OpenApiForm } from './openapi.ts';
import { v2ProtobufType } from './v2-protobuf.ts';
import { v3ProtobufType } from './v3-protobuf.ts';

/** Documents that are asked for by their hash never change; so long they may be kept, in milliseconds. */
const YEAR = 365 * 24 * 3600 * 1000;

/** Answers `/openapi/v2`, `/openapi/v3` and all below it. @throws ApiError NotFound, NotAcceptable */
export async function handleOpenApi(openApi: OpenApi, clock: Clock, exchange: Exchange): Promise<void> {
  const path = exchange.path.replace(/\/$/, '');
  if (path === '/openapi/v2') return sendDocument(exchange, await openApi.v2Document(formOf(exchange, v2ProtobufType)));
  if (path === '/openapi/v3') return sendDocument(exchange, await openApi.v3Index());
  const name = path.startsWith('/openapi/v3/') ? path.slice('/openapi/v3/'.length) : '';
  const current = openApi.v3Hash(name);
  if (!current) throw noSuchPath();
  const asked = exchange.query.get('hash');
  if (asked && asked !== current) return redirect(exchange, `/openapi/v3/${name}?hash=${current}`);
  const document = await openApi.v3Document(name, formOf(exchange, v3ProtobufType))!;
  return sendDocument(exchange, document, asked ? immutable(clock) : undefined);
}

function immutable(clock: Clock) {
  return { 'cache-control': 'public, immutable', expires: new Date(clock.now() + YEAR).toUTCString() };
}

/** The document has changed since the client read the index. */
function redirect(exchange: Exchange, location: string): void {
  exchange.response.send(301, { location, 'cache-control': 'no-cache, private' }, Buffer.alloc(0));
}

/** The first form in the `Accept` header that there is. @throws ApiError NotAcceptable */
function formOf(exchange: Exchange, protobufType: string): OpenApiForm {
  const { accept } = exchange.request.headers;
  for (const range of (accept || '*/*').split(',')) {
    const type = range
      .split(';', 1)[0]!
      .trim()
      .replace(/(spec\.v[23])@/, '$1.');
    if (type === protobufType) return 'protobuf';
    if (type === 'application/json' || type === 'application/*' || type === '*/*') return 'json';
  }
  throw notAcceptable(['application/json', protobufType]);
}

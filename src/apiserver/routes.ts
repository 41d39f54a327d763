import { methodNotAllowed, noSuchPath } from '../apimachinery/api-error.ts';
import { discoveryDocument, type CachedDocument } from './discovery.ts';
import type { Exchange, Handler } from './exchange/exchange.ts';
import { sendObject, sendText } from './handlers/respond.ts';
import type { HandlerServices } from './handlers/services.ts';
import type { HealthEndpoint } from './health.ts';
import type { OpenApi } from './openapi/openapi.ts';
import { wantsV2Protobuf } from './openapi/v2-protobuf.ts';
import { routeResource } from './resource-route.ts';
import type { VersionInfo } from './version.ts';

/** The small endpoints' sources. */
export interface Endpoints {
  readonly openApi: OpenApi;
  readonly health: Readonly<Record<'healthz' | 'livez' | 'readyz', HealthEndpoint>>;
  readonly version: VersionInfo;
}

/** Everything that is behind the filters: resources first, because that is what nearly all requests are for. */
export function routes(services: HandlerServices, endpoints: Endpoints): Handler {
  const small = smallRoutes(services, endpoints);
  return (exchange) => {
    const { info } = exchange;
    if (info.resourceRequest) return routeResource(services, exchange, info);
    const [, first = ''] = exchange.path.split('/', 2);
    const route = Object.hasOwn(small, first) ? small[first] : undefined;
    if (!route) throw noSuchPath();
    if (exchange.request.method !== 'GET' && exchange.request.method !== 'HEAD') throw methodNotAllowed();
    return route(exchange);
  };
}

/** By the first segment of the path. */
function smallRoutes({ registry, metrics }: HandlerServices, endpoints: Endpoints): Record<string, Handler> {
  const { openApi, health, version } = endpoints;
  const discovery: Handler = (exchange) =>
    sendDocument(exchange, discoveryDocument(registry.kinds, trimmed(exchange.path), exchange.request.headers.accept));
  return {
    '': (exchange) => {
      if (exchange.path !== '/') throw noSuchPath();
      sendObject(exchange, 200, { paths: rootPaths(groupPaths(registry.kinds.groups())) });
    },
    api: discovery,
    apis: discovery,
    openapi: (exchange) =>
      sendDocument(exchange, openApiDocument(openApi, trimmed(exchange.path), exchange.request.headers.accept)),
    healthz: (exchange) => health.healthz.handle(exchange),
    livez: (exchange) => health.livez.handle(exchange),
    readyz: (exchange) => health.readyz.handle(exchange),
    version: (exchange) => sendObject(exchange, 200, version),
    metrics: async (exchange) => sendText(exchange, 200, await metrics.render()),
  };
}

function groupPaths(groups: ReadonlyMap<string, readonly string[]>): string[] {
  return [...groups].flatMap(([group, versions]) =>
    group ? [`/apis/${group}`, ...versions.map((v) => `/apis/${group}/${v}`)] : versions.map((v) => `/api/${v}`),
  );
}

function rootPaths(groups: readonly string[]): string[] {
  const fixed = [
    '/api',
    '/apis',
    '/healthz',
    '/livez',
    '/metrics',
    '/openapi/v2',
    '/openapi/v3',
    '/readyz',
    '/version',
  ];
  return [...fixed, ...groups].sort();
}

function trimmed(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** `/openapi/v2`, `/openapi/v3`, `/openapi/v3/api/v1`, `/openapi/v3/apis/<group>/<version>` */
function openApiDocument(openApi: OpenApi, path: string, accept: string | undefined): CachedDocument | undefined {
  if (path === '/openapi/v2') return wantsV2Protobuf(accept) ? openApi.v2Protobuf() : openApi.v2();
  if (path === '/openapi/v3') return openApi.v3Index();
  const [, , version, root, group = '', groupVersion = ''] = path.split('/');
  if (version !== 'v3') return undefined;
  if (root === 'api') return openApi.v3Document('', group);
  return root === 'apis' ? openApi.v3Document(group, groupVersion) : undefined;
}

/** Sends a document that clients may keep. @throws ApiError NotFound when there is none */
function sendDocument(exchange: Exchange, document: CachedDocument | undefined): void {
  if (!document) throw noSuchPath();
  const headers = {
    'content-type': document.contentType,
    etag: document.etag,
    vary: 'Accept',
    'cache-control': 'no-cache, private',
  };
  const same = exchange.request.headers['if-none-match'] === document.etag;
  exchange.response.send(same ? 304 : 200, headers, same ? Buffer.alloc(0) : document.body);
}

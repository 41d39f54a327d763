import { isApiError, methodNotAllowed, noSuchPath } from '../apimachinery/api-error.ts';
import { sendDocument, toDocument } from './cached-document.ts';
import { discoveryDocument } from './discovery.ts';
import type { Exchange, Handler } from './exchange/exchange.ts';
import { sendObject, sendPageNotFound } from './handlers/respond.ts';
import type { HandlerServices } from './handlers/services.ts';
import type { HealthEndpoints } from './health-checks.ts';
import type { OpenApi } from './openapi/openapi.ts';
import { handleOpenApi } from './openapi/route.ts';
import { routeResource } from './resource-route.ts';
import { handleKeys, handleWellKnown, type TokenIssuer } from './token-issuer.ts';
import type { VersionInfo } from './version.ts';
import { pageHandlers, type Page } from './page.ts';
import type { ZPages } from './zpages.ts';

/** The small endpoints' sources. */
export interface Endpoints {
  readonly openApi: OpenApi;
  readonly health: HealthEndpoints;
  readonly version: VersionInfo;
  readonly zpages: ZPages;
  readonly pages: Readonly<Record<string, Page>>;
  /** Where clients find the server; empty when it does not listen. */
  readonly address: () => string;
  readonly tokenIssuer?: TokenIssuer | undefined;
}

/** Everything that is behind the filters: resources first, because that is what nearly all requests are for. */
export function routes(services: HandlerServices, endpoints: Endpoints): Handler {
  const sendPaths = rootIndex(services, endpoints);
  const small = smallRoutes(services, endpoints, sendPaths);
  return (exchange) => {
    const { info } = exchange;
    if (info.resourceRequest) return routeResource(services, exchange, info);
    const [, first = ''] = exchange.path.split('/', 2);
    const route = Object.hasOwn(small, first) ? small[first] : undefined;
    if (!route) return sendPaths(exchange, 404);
    if (exchange.request.method !== 'GET' && exchange.request.method !== 'HEAD') throw methodNotAllowed();
    return route(exchange);
  };
}

type SendPaths = (exchange: Exchange, status: number) => void;

/** Sends the list of all paths, which is also the answer to paths that nobody knows. */
function rootIndex({ registry }: HandlerServices, { health }: Endpoints): SendPaths {
  return (exchange, status) => {
    const checks = Object.values(health).flatMap((endpoint) => endpoint.paths);
    sendObject(exchange, status, { paths: rootPaths([...groupPaths(registry.kinds.groups()), ...checks]) });
  };
}

/** By the first segment of the path. */
function smallRoutes(
  { registry, metrics }: HandlerServices,
  endpoints: Endpoints,
  sendPaths: SendPaths,
): Record<string, Handler> {
  /** What lies below is no API, so that a path that does not exist is answered with those that do. */
  const page =
    (handler: Handler): Handler =>
    async (exchange) => {
      try {
        await handler(exchange);
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
        sendPaths(exchange, 404);
      }
    };
  const { openApi, health, version, zpages } = endpoints;
  const discovery: Handler = (exchange) => {
    const { accept } = exchange.request.headers;
    const document = discoveryDocument(registry.kinds, trimmed(exchange.path), accept, endpoints.address());
    if (document) return sendDocument(exchange, document);
    const [, root, group = ''] = exchange.path.split('/');
    if (root === 'apis' && !registry.kinds.groups().has(group)) return sendPageNotFound(exchange);
    throw noSuchPath();
  };
  return {
    ...pageHandlers(endpoints.pages),
    '': (exchange) => sendPaths(exchange, exchange.path === '/' ? 200 : 404),
    api: discovery,
    apis: discovery,
    openapi: page((exchange) => handleOpenApi(openApi, registry.clock, exchange)),
    healthz: page((exchange) => health.healthz.handle(exchange)),
    livez: page((exchange) => health.livez.handle(exchange)),
    readyz: page((exchange) => health.readyz.handle(exchange)),
    version: (exchange) => {
      if (trimmed(exchange.path) !== '/version') throw noSuchPath();
      sendObject(exchange, 200, version);
    },
    openid: handleKeys(endpoints.tokenIssuer),
    '.well-known': handleWellKnown(endpoints.tokenIssuer, endpoints.address),
    statusz: page((exchange) => zpages.statusz(exchange)),
    flagz: page((exchange) => zpages.flagz(exchange)),
    configz: page((exchange) => zpages.configz(exchange)),
    metrics: page(async (exchange) => {
      if (exchange.path !== '/metrics' && exchange.path !== '/metrics/slis') throw noSuchPath();
      const text = exchange.path === '/metrics' ? await metrics.render() : metrics.health.render();
      await sendDocument(exchange, toDocument(Buffer.from(text), 'text/plain; version=0.0.4; charset=utf-8'));
    }),
  };
}

function groupPaths(groups: ReadonlyMap<string, readonly string[]>): string[] {
  return [...groups].flatMap(([group, versions]) =>
    group ? [`/apis/${group}`, ...versions.map((v) => `/apis/${group}/${v}`)] : versions.map((v) => `/api/${v}`),
  );
}

function rootPaths(groups: readonly string[]): string[] {
  const fixed = [
    '/.well-known/openid-configuration',
    '/api',
    '/apis',
    '/configz',
    '/flagz',
    '/healthz',
    '/livez',
    '/metrics',
    '/metrics/slis',
    '/openapi/v2',
    '/openapi/v3',
    '/openid/v1/jwks',
    '/readyz',
    '/statusz',
    '/version',
  ];
  return [...fixed, ...groups].sort();
}

function trimmed(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

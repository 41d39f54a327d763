import express, { type Express, type NextFunction, type Request, type Response, type Router } from 'express';
import * as http2 from 'node:http2';
import { badRequest } from '../apimachinery/api-error.ts';
import type { Log } from '../base/log.ts';
import { Exchange, type Handler } from './exchange/exchange.ts';
import { NodeApiRequest, NodeApiResponse, type NodeRequest, type NodeResponse } from './exchange/node-http.ts';
import { sendError } from './handlers/respond.ts';

/** What an HTTP server calls for each request. */
export type RequestListener = (request: NodeRequest, response: NodeResponse) => void;

/**
 * The Express shell: one router, which hands every request to `handler`; further pages can be put before it, but for
 * those below `/api/` and `/apis/`. Express
 * knows HTTP/1.1 only, so a second app shares the router and works on HTTP/2's objects.
 */
export function expressShell(handler: Handler, log: Log, pages: (router: Router) => void = () => {}): RequestListener {
  const router = express.Router({ caseSensitive: true, strict: true });
  pages(router);
  router.use((request: Request, response: Response) => {
    // Express took the router's path off `url`; ours is the whole one.
    void handler(new Exchange(new NodeApiRequest(request, response), new NodeApiResponse(request, response)));
  });
  const http1 = app(router, log);
  const http2 = onHttp2(app(router, log));
  return (request, response) => {
    if (request.httpVersionMajor === 2) request.headers.host ??= request.headers[':authority'] as string | undefined;
    if (isResource(request.url)) {
      void handler(new Exchange(new NodeApiRequest(request, response), new NodeApiResponse(request, response)));
      return;
    }
    const listener = request.httpVersionMajor === 2 ? http2 : http1;
    listener(request as Request, response as Response);
  };
}

/**
 * What nearly all requests are for goes past Express, which gives every request and response another prototype: that costs
 * more than all of our filters.
 */
function isResource(url: string | undefined): boolean {
  return url !== undefined && (url.startsWith('/api/') || url.startsWith('/apis/'));
}

function app(router: Router, log: Log): Express {
  const app = express();
  for (const setting of ['etag', 'x-powered-by', 'query parser']) app.set(setting, false);
  app.use(router);
  // Express tells an error handler by its four parameters.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const exchange = new Exchange(new NodeApiRequest(request, response), new NodeApiResponse(request, response));
    sendError(
      exchange,
      error instanceof URIError ? badRequest('the path of the request is not percent-encoded correctly') : error,
      log,
    );
  });
  return app;
}

/** Gives an app's request and response the prototypes of HTTP/2. */
function onHttp2(app: Express): Express {
  app.request = mixed(http2.Http2ServerRequest.prototype, app.request, app);
  app.response = mixed(http2.Http2ServerResponse.prototype, app.response, app);
  return app;
}

/** An object over `base` with what Express adds to its own prototype. */
function mixed<T extends object>(base: object, own: T, app: Express): T {
  const added = Object.getOwnPropertyDescriptors(
    express.request.isPrototypeOf(own) ? express.request : express.response,
  );
  const result = Object.create(base, added as PropertyDescriptorMap) as T;
  return Object.defineProperty(result, 'app', { value: app, writable: true, configurable: true, enumerable: true });
}

import { methodNotAllowed } from '../apimachinery/api-error.ts';
import type { Exchange } from './exchange/exchange.ts';
import { sendObject } from './handlers/respond.ts';

/**
 * A page that is no part of the API: it answers a GET with an object, sent as JSON. Whoever may `get` the path (a
 * `nonResourceURL` of roles) sees it.
 * @param path the parts of the path behind the first, decoded
 * @throws ApiError NotFound when there is nothing below that path
 */
export type Page = (path: readonly string[]) => object;

/** The handlers of pages, by the first part of their paths. */
export function pageHandlers(pages: Readonly<Record<string, Page>>): Record<string, (exchange: Exchange) => void> {
  return Object.fromEntries(Object.entries(pages).map(([name, page]) => [name, handlerOf(page)]));
}

function handlerOf(page: Page): (exchange: Exchange) => void {
  return (exchange) => {
    if (exchange.request.method !== 'GET') throw methodNotAllowed();
    const [, , ...path] = exchange.path.split('/');
    sendObject(exchange, 200, page(path.map((part) => decodeURIComponent(part))));
  };
}

import { parseRequestInfo } from '../request-info.ts';
import type { Filter } from './filter.ts';

/** Finds out what the request wants. */
export const requestInfo: Filter = (_services, next) => (exchange) => {
  exchange.info = parseRequestInfo(exchange.request.method, exchange.path, exchange.flag('watch'));
  return next(exchange);
};

import { parseRequestInfo } from '../request-info.ts';
import type { Filter } from './filter.ts';

/** Finds out what the request wants. */
export const requestInfo: Filter = (_services, next) => (exchange) => {
  const query = { watch: exchange.flag('watch'), fieldSelector: exchange.query.get('fieldSelector') };
  exchange.info = parseRequestInfo(exchange.request.method, exchange.path, query);
  return next(exchange);
};

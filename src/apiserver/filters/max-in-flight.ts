import { sendText } from '../handlers/respond.ts';
import { isLongRunning } from '../long-running.ts';
import type { Filter } from './filter.ts';

/** How many requests may be answered at once, by whether they may change something, unless the server is told. */
const defaults = { readOnly: 400, mutating: 200 };
const readOnlyVerbs = new Set(['get', 'list', 'watch', 'head', 'options']);

/**
 * Turns requests away with 429 when too many are being answered, so that those get done. Administrators and the
 * components of this process are never turned away.
 */
export const maxInFlight: Filter = ({ maxRequestsInFlight, metrics }, next) => {
  const limits = { ...defaults, ...maxRequestsInFlight };
  const running = { readOnly: 0, mutating: 0 };
  return async (exchange) => {
    const { info, user, request } = exchange;
    if (isLongRunning(info)) return next(exchange);
    const kind = readOnlyVerbs.has(info.verb) ? 'readOnly' : 'mutating';
    if (running[kind] >= limits[kind] && !request.identity && !user.groups.includes('system:masters')) {
      metrics.requests.dropped(kind);
      metrics.requests.terminated(exchange, 429);
      exchange.response.addHeader('retry-after', '1');
      return sendText(exchange, 429, 'Too many requests, please try again later.\n');
    }
    metrics.requests.inFlight(kind, ++running[kind]);
    try {
      await next(exchange);
    } finally {
      metrics.requests.inFlight(kind, --running[kind]);
    }
  };
};

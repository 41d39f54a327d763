import { isLongRunning } from '../long-running.ts';
import type { Filter } from './filter.ts';

/** Slower answers than this, in milliseconds, are worth a line at level info (watches and streams are slow by nature). */
const slow = 1000;

/**
 * Writes one line per request: at level debug, or info when it was slow, or error when it failed in the server. Neither
 * query nor header fields are written: both may hold secrets.
 */
export const requestLog: Filter =
  ({ clock, log }, next) =>
  async (exchange) => {
    const started = clock.monotonic();
    await next(exchange);
    const took = clock.monotonic() - started;
    const { status, size } = exchange.response;
    const level = status >= 500 ? 'error' : took > slow && !isLongRunning(exchange.info) ? 'info' : 'debug';
    if (log.enabled?.(level) === false) return;
    log[level]('request', {
      verb: exchange.info?.verb ?? exchange.request.method,
      path: exchange.path,
      status,
      bytes: size,
      user: exchange.user.username,
      auditID: exchange.auditId,
      ms: Math.round(took * 10) / 10,
    });
  };

import type { Filter } from './filter.ts';

/** Counts requests and measures how long they take. */
export const metrics: Filter =
  ({ clock, metrics }, next) =>
  async (exchange) => {
    const started = clock.monotonic();
    const done = metrics.begin(exchange.request.method);
    try {
      await next(exchange);
    } finally {
      done(exchange.info, exchange.response.status, (clock.monotonic() - started) / 1000);
    }
  };

import type { Filter } from './filter.ts';

/** Counts requests and measures how long they take. */
export const metrics: Filter =
  ({ clock, metrics }, next) =>
  async (exchange) => {
    const started = clock.monotonic();
    try {
      await next(exchange);
    } finally {
      metrics.requests.count(exchange, (clock.monotonic() - started) / 1000);
    }
  };

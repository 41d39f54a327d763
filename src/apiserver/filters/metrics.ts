import type { Filter } from './filter.ts';

/** Counts requests and measures how long they take. */
export const metrics: Filter =
  ({ clock, metrics }, next) =>
  async (exchange) => {
    const started = clock.monotonic();
    const done = metrics.requests.begin(exchange);
    try {
      await next(exchange);
    } finally {
      done((clock.monotonic() - started) / 1000);
    }
  };

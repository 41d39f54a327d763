import { sendError } from '../handlers/respond.ts';
import type { Filter } from './filter.ts';

/** Turns whatever goes wrong behind it into a `Status`, so that one request never harms another. */
export const panicRecovery: Filter =
  ({ log }, next) =>
  async (exchange) => {
    try {
      await next(exchange);
    } catch (error) {
      sendError(exchange, error, log);
    }
  };

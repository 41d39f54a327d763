import type { Handler } from '../exchange/exchange.ts';
import { auditId } from './audit-id.ts';
import { authentication } from './authentication.ts';
import { authorization } from './authorization.ts';
import { deadline } from './deadline.ts';
import type { Filter, FilterServices } from './filter.ts';
import { impersonation } from './impersonation.ts';
import { maxInFlight } from './max-in-flight.ts';
import { metrics } from './metrics.ts';
import { panicRecovery } from './panic-recovery.ts';
import { requestInfo } from './request-info.ts';
import { requestLog } from './request-log.ts';

/** What a request goes through on its way to the route, from top to bottom. */
const filters: readonly Filter[] = [
  auditId,
  requestLog,
  metrics,
  panicRecovery,
  requestInfo,
  deadline,
  authentication,
  // audit
  impersonation,
  maxInFlight,
  authorization,
];

/** The whole way: all filters, then `route`. The result never throws. */
export function filterChain(services: FilterServices, route: Handler): Handler {
  return filters.reduceRight((next, filter) => filter(services, next), route);
}

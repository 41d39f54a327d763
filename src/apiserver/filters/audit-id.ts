import { randomUUID } from 'node:crypto';
import type { Filter } from './filter.ts';

/** Longer names than this, chosen by a client, are cut. */
const longest = 64;

/** Gives each request a name, or takes the client's; it stands in the log and in the header `Audit-Id` of the answer. */
export const auditId: Filter =
  ({ strictTransportSecurity }, next) =>
  (exchange) => {
    const given = exchange.request.headers['audit-id'];
    exchange.auditId = typeof given === 'string' && given ? given.slice(0, longest) : randomUUID();
    exchange.response.addHeader('audit-id', exchange.auditId);
    if (strictTransportSecurity) exchange.response.addHeader('strict-transport-security', strictTransportSecurity);
    return next(exchange);
  };

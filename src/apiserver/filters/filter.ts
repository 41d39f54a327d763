import type { Authenticator } from '../../auth/authn/authenticator.ts';
import type { Authorizer } from '../../auth/authz/authorizer.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Handler } from '../exchange/exchange.ts';
import type { ServerMetrics } from '../metrics.ts';

/** What filters need of the server. */
export interface FilterServices {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ServerMetrics;
  /** Milliseconds that a request may take that is not meant to last. Default: a minute. */
  readonly requestTimeout?: number;
  /** How many requests may be answered at once. Default: 400 that only read, 200 that may change something. */
  readonly maxRequestsInFlight?: { readonly readOnly?: number; readonly mutating?: number };
  /** What the header `Strict-Transport-Security` says; absent: it is not sent. */
  readonly strictTransportSecurity?: string;
}

/** A step that every request goes through: it does its part and calls `next`, which is everything behind it. */
export type Filter = (services: FilterServices, next: Handler) => Handler;

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
}

/** A step that every request goes through: it does its part and calls `next`, which is everything behind it. */
export type Filter = (services: FilterServices, next: Handler) => Handler;

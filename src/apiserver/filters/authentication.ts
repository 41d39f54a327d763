import { unauthorized } from '../../apimachinery/api-error.ts';
import type { AuthenticationRequest } from '../../auth/authn/authenticator.ts';
import type { UserInfo } from '../../auth/user.ts';
import type { Filter } from './filter.ts';

/** Finds out who makes the request; who shows wrong credentials, or none where they are needed, is told 401. */
export const authentication: Filter =
  ({ authenticator, clock, metrics }, next) =>
  async (exchange) => {
    const { request } = exchange;
    if (request.identity) {
      exchange.user = request.identity;
      return next(exchange);
    }
    const shown: AuthenticationRequest = { headers: request.headers, clientCertificate: request.clientCertificate() };
    const started = clock.monotonic();
    let user: UserInfo | undefined;
    try {
      user = await authenticator.authenticate(shown);
    } finally {
      metrics.access.authenticated(user, (clock.monotonic() - started) / 1000);
    }
    if (!user) throw unauthorized();
    exchange.user = user;
    return next(exchange);
  };

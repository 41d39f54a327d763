import { unauthorized } from '../../apimachinery/api-error.ts';
import type { AuthenticationRequest } from '../../auth/authn/authenticator.ts';
import type { Filter } from './filter.ts';

/** Finds out who makes the request; who shows wrong credentials, or none where they are needed, is told 401. */
export const authentication: Filter =
  ({ authenticator }, next) =>
  async (exchange) => {
    const { request } = exchange;
    if (request.identity) {
      exchange.user = request.identity;
      return next(exchange);
    }
    const shown: AuthenticationRequest = { headers: request.headers, clientCertificate: request.clientCertificate() };
    const user = await authenticator.authenticate(shown);
    if (!user) throw unauthorized();
    exchange.user = user;
    return next(exchange);
  };

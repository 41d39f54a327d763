import { anonymousAuthenticator } from './anonymous.ts';
import type { Authenticator } from './authenticator.ts';
import { bearerTokenAuthenticator, type TokenAuthenticator } from './bearer-token.ts';
import { clientCertificateAuthenticator } from './client-certificate.ts';
import { unionAuthenticator } from './union.ts';

/**
 * The authenticators in the order they are asked: client certificate, each sort of bearer token, and last, unless
 * `anonymous` is false, nobody in particular.
 */
export function defaultAuthenticator(options: {
  tokens: readonly TokenAuthenticator[];
  anonymous?: boolean;
}): Authenticator {
  return unionAuthenticator([
    clientCertificateAuthenticator,
    bearerTokenAuthenticator(options.tokens),
    ...(options.anonymous === false ? [] : [anonymousAuthenticator]),
  ]);
}

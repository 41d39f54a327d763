import { alwaysAllowAuthenticated } from './always-allow-authenticated.ts';
import type { Authorizer } from './authorizer.ts';
import { authorizerChain } from './chain.ts';
import { privilegedGroupAuthorizer } from './privileged-group.ts';
import { publicPathsAuthorizer } from './public-paths.ts';

/** The authorizers in the order they are asked. */
export const defaultAuthorizer: Authorizer = authorizerChain([
  privilegedGroupAuthorizer,
  publicPathsAuthorizer,
  alwaysAllowAuthenticated,
]);

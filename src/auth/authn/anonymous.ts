import { anonymous } from '../user.ts';
import type { Authenticator } from './authenticator.ts';

/** Takes whoever shows no credentials as `system:anonymous`. Comes last in a union. */
export const anonymousAuthenticator: Authenticator = { authenticate: async () => anonymous };

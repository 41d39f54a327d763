import type { Authorizer } from './authorizer.ts';

/** Allows everything to everybody who showed credentials. */
export const alwaysAllowAuthenticated: Authorizer = {
  async authorize(user) {
    if (user.groups.includes('system:authenticated')) return { allowed: true, reason: 'authenticated' };
    return { allowed: false, reason: 'credentials are needed' };
  },
};

import type { Authorizer } from './authorizer.ts';

/** What everybody may read, also without credentials. */
const publicPaths = ['/healthz', '/livez', '/readyz', '/version'];

/** Allows everybody to read the server's health and version, and the paths below those. */
export const publicPathsAuthorizer: Authorizer = {
  async authorize(_user, attributes) {
    if (attributes.resourceRequest || !['get', 'head'].includes(attributes.verb)) return { allowed: false };
    const allowed = publicPaths.some((path) => attributes.path === path || attributes.path.startsWith(`${path}/`));
    return allowed ? { allowed, reason: 'health and version are public' } : { allowed };
  },
};

import type { Authorizer } from './authorizer.ts';

/** The group that may do everything, whatever roles say: how an administrator gets back in. */
const privilegedGroup = 'system:masters';

/** Allows everything to `system:masters`. Comes first. */
export const privilegedGroupAuthorizer: Authorizer = {
  authorize: async (user) => ({ allowed: user.groups.includes(privilegedGroup) }),
};

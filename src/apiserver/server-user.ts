import type { UserInfo } from '../auth/user.ts';

/** The API server as a user of itself. */
export const apiServerUser: UserInfo = {
  username: 'system:apiserver',
  groups: ['system:masters', 'system:authenticated'],
};

/** Who makes a request, as authentication found it (`authentication.k8s.io/v1 UserInfo`). */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** The user of requests that carry no credentials. */
export const anonymous: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Adds the group that every authenticated user is in. */
export function authenticated(
  username: string,
  groups: readonly string[] = [],
  rest: Omit<UserInfo, 'username' | 'groups'> = {},
): UserInfo {
  return { username, groups: [...new Set([...groups, 'system:authenticated'])], ...rest };
}

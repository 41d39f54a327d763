import { badRequest } from '../../apimachinery/api-error.ts';
import type { ResourceAttributes } from '../../auth/authz/authorizer.ts';
import { serviceAccountUsername } from '../../auth/authn/service-account-token.ts';
import type { UserInfo } from '../../auth/user.ts';
import type { ApiRequest } from '../exchange/exchange.ts';
import { refusal } from './authorization.ts';
import type { Filter } from './filter.ts';

const extraPrefix = 'impersonate-extra-';

/** Lets a caller act as another one (`kubectl --as`), if it may `impersonate` each part of that identity. */
export const impersonation: Filter =
  ({ authorizer }, next) =>
  async (exchange) => {
    const wanted = wantedUser(exchange.request);
    if (!wanted) return next(exchange);
    for (const attributes of questions(wanted)) {
      const decision = await authorizer.authorize(exchange.user, attributes);
      if (!decision.allowed) throw refusal(exchange.user, attributes, decision.reason);
    }
    exchange.user = withImpliedGroups(wanted);
    return next(exchange);
  };

/** Who the headers ask to be. */
function wantedUser({ headers }: ApiRequest): UserInfo | undefined {
  const username = one(headers['impersonate-user']);
  const groups = many(headers['impersonate-group']);
  const uid = one(headers['impersonate-uid']);
  if (username === undefined) {
    if (groups.length === 0 && uid === undefined) return undefined;
    throw badRequest('requested impersonation without a user: set the header Impersonate-User');
  }
  const extra: [string, string[]][] = Object.entries(headers)
    .filter(([name]) => name.startsWith(extraPrefix))
    .map(([name, value]) => [decoded(name.slice(extraPrefix.length)), many(value)]);
  return {
    username,
    groups,
    ...(uid && { uid }),
    ...(extra.length > 0 && { extra: Object.fromEntries(extra) }),
  };
}

/** Everything that the caller must be allowed to be. */
function questions({ username, groups, uid, extra }: UserInfo): ResourceAttributes[] {
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username);
  const user = account ? ask('serviceaccounts', account[2]!, { namespace: account[1]! }) : ask('users', username);
  const authentication = { apiGroup: 'authentication.k8s.io' };
  return [
    user,
    ...groups.map((group) => ask('groups', group)),
    ...(uid ? [ask('uids', uid, authentication)] : []),
    ...Object.entries(extra ?? {}).flatMap(([key, values]) =>
      values.map((value) => ask('userextras', value, { ...authentication, subresource: key })),
    ),
  ];
}

function ask(resource: string, name: string, more: Partial<ResourceAttributes> = {}): ResourceAttributes {
  const base = { resourceRequest: true as const, verb: 'impersonate', apiGroup: '', apiVersion: 'v1' };
  return { ...base, resource, subresource: '', namespace: '', name, ...more };
}

/** The groups that every user of its sort is in, as authentication would have found them. */
function withImpliedGroups(user: UserInfo): UserInfo {
  const groups = new Set(user.groups);
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user.username);
  if (account && user.username === serviceAccountUsername(account[1]!, account[2]!) && user.groups.length === 0) {
    groups.add('system:serviceaccounts').add(`system:serviceaccounts:${account[1]}`);
  }
  groups.add(user.username === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated');
  return { ...user, groups: [...groups] };
}

/** @throws ApiError BadRequest when it is badly percent-encoded */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    throw badRequest(`the header Impersonate-Extra-${key} is not percent-encoded correctly`);
  }
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value || undefined;
}

/** Node joins header lines of one name with a comma; a group's name holds none. */
function many(value: string | string[] | undefined): string[] {
  const text = Array.isArray(value) ? value.join(',') : (value ?? '');
  return text
    .split(',')
    .map((v) => v.trim())
    .filter(Boolean);
}

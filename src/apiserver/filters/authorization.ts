import { ApiError, forbiddenAccess } from '../../apimachinery/api-error.ts';
import type { ResourceAttributes } from '../../auth/authz/authorizer.ts';
import type { UserInfo } from '../../auth/user.ts';
import type { RequestInfo } from '../request-info.ts';
import type { Filter } from './filter.ts';

/** Lets through what the authorizer allows. */
export const authorization: Filter =
  ({ authorizer, clock, metrics }, next) =>
  async (exchange) => {
    const started = clock.monotonic();
    const decision = await authorizer.authorize(exchange.user, exchange.info);
    metrics.access.authorized(decision.allowed, (clock.monotonic() - started) / 1000);
    if (!decision.allowed) throw refusal(exchange.user, exchange.info, decision.reason);
    return next(exchange);
  };

/** The refusal in the words that clients know. */
export function refusal(user: UserInfo, info: RequestInfo, reason = ''): ApiError {
  const who = `User ${JSON.stringify(user.username)} cannot ${info.verb}`;
  const why = reason && `: ${reason}`;
  if (info.resourceRequest) {
    const { resource, subresource, apiGroup, name } = info;
    const plural = subresource ? `${resource}/${subresource}` : resource;
    return forbiddenAccess(
      { group: apiGroup, plural: resource },
      name,
      `${who} resource ${JSON.stringify(plural)} ${where(info)}${why}`,
    );
  }
  return new ApiError(403, 'Forbidden', `forbidden: ${who} path ${JSON.stringify(info.path)}${why}`, {});
}

function where({ apiGroup, namespace }: ResourceAttributes): string {
  const group = `in API group ${JSON.stringify(apiGroup)}`;
  return namespace ? `${group} in the namespace ${JSON.stringify(namespace)}` : `${group} at the cluster scope`;
}

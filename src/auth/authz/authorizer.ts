import type { UserInfo } from '../user.ts';

/** What somebody wants to do: to a resource, or to a path that is none. */
export type AuthorizationAttributes = ResourceAttributes | NonResourceAttributes;

export interface ResourceAttributes {
  readonly resourceRequest: true;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, or a special one as `impersonate`. */
  readonly verb: string;
  /** Empty for the core group. */
  readonly apiGroup: string;
  readonly apiVersion: string;
  /** The plural name. */
  readonly resource: string;
  /** Empty for none. */
  readonly subresource: string;
  /** Empty for cluster-scoped resources and for all namespaces. */
  readonly namespace: string;
  /** Empty for collections. */
  readonly name: string;
  readonly path?: string;
}

export interface NonResourceAttributes {
  readonly resourceRequest: false;
  /** The HTTP method in lower case. */
  readonly verb: string;
  /** Without the query. */
  readonly path: string;
}

/** `allowed: false` means "no opinion" inside a chain, and "forbidden" when it is the chain's answer. */
export interface Decision {
  readonly allowed: boolean;
  /** Why, for the audit log and for the message of a refusal. */
  readonly reason?: string;
}

/** Says whether a user may do something. */
export interface Authorizer {
  authorize(user: UserInfo, attributes: AuthorizationAttributes): Promise<Decision>;
}

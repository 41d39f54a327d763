import { MOST_ERRORS, type FieldError } from './field-error.ts';

/** `Status.reason`, see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status */
export type StatusReason =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Expired'
  | 'Invalid'
  | 'Timeout'
  | 'ServerTimeout'
  | 'TooManyRequests'
  | 'InternalError'
  | 'ServiceUnavailable'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'UnsupportedMediaType'
  | 'RequestEntityTooLarge'
  | 'StorageReadError'
  | '';

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** The wire form of every failure, and of a few successes. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: { resourceVersion?: string; continue?: string };
  status: 'Success' | 'Failure';
  message?: string;
  reason?: StatusReason;
  details?: StatusDetails;
  code: number;
}

/** Group and resource as messages name them: `pods`, `deployments.apps`. */
export interface ResourceName {
  group: string;
  plural: string;
}

/** The one error type of the project: a `Status`, thrown where the fault is known and sent as it is at the edge. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: StatusReason;
  readonly details: StatusDetails | undefined;
  /** Seconds for a `Retry-After` header, if the client should try again. */
  readonly retryAfter: number | undefined;
  /** Of a list whose token has expired: where it can go on, in a newer state. */
  readonly continue: string | undefined;

  constructor(code: number, reason: StatusReason, message: string, details?: StatusDetails, continueToken?: string) {
    super(message);
    this.continue = continueToken;
    this.name = 'ApiError';
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.retryAfter = details?.retryAfterSeconds;
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: { ...(this.continue && { continue: this.continue }) },
      status: 'Failure',
      message: this.message,
      ...(this.reason && { reason: this.reason }),
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }
}

/** Rebuilds the error that a server sent. */
export function fromStatus(status: Partial<Status>): ApiError {
  const { code = 500, reason = '', message = 'unknown error', details, metadata } = status;
  return new ApiError(code, reason, message, details, metadata?.continue);
}

/** Whether `error` is an `ApiError`, of this reason if one is given. */
export function isApiError(error: unknown, ...reasons: StatusReason[]): error is ApiError {
  return error instanceof ApiError && (reasons.length === 0 || reasons.includes(error.reason));
}

/** `deployments.apps`, or `pods` in the core group. */
export function qualified(resource: ResourceName): string {
  return resource.group ? `${resource.plural}.${resource.group}` : resource.plural;
}

/** Details as upstream fills them: `kind` holds the resource's plural name. */
function detailsOf(resource: ResourceName, name: string): StatusDetails {
  return { ...(name && { name }), ...(resource.group && { group: resource.group }), kind: resource.plural };
}

/** 400: the request makes no sense. */
export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

/** 401: no credentials, or wrong ones; it does not say which, so that nothing can be learned from it. */
export function unauthorized(): ApiError {
  return new ApiError(401, 'Unauthorized', 'Unauthorized');
}

/** 404: there is no object of this name. */
export function notFound(resource: ResourceName, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, detailsOf(resource, name));
}

/** For paths that name no resource at all. */
export function noSuchPath(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** 409: the name is taken. */
export function alreadyExists(resource: ResourceName, name: string): ApiError {
  return new ApiError(
    409,
    'AlreadyExists',
    `${qualified(resource)} "${name}" already exists`,
    detailsOf(resource, name),
  );
}

/** 409: the object is not in the state that the caller meant. */
export function conflict(resource: ResourceName, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, detailsOf(resource, name));
}

/** The conflict of a stale resourceVersion. */
export function staleVersion(resource: ResourceName, name: string): ApiError {
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  return conflict(resource, name, why);
}

/** 403: `why` says who may not do what. */
export function forbiddenAccess(resource: ResourceName, name: string, why: string): ApiError {
  const which = name ? ` "${name}"` : '';
  const message = `${qualified(resource)}${which} is forbidden: ${why}`;
  return new ApiError(403, 'Forbidden', message, detailsOf(resource, name));
}

/** The errors of an object at once, up to `MOST_ERRORS`. `kind` is the kind's name and group, as in `Deployment.apps "web" is invalid`. */
export function invalidObject(
  kind: { group: string; kind: string },
  name: string | undefined,
  all: readonly FieldError[],
): ApiError {
  const errors = all.length > MOST_ERRORS ? all.slice(0, MOST_ERRORS) : all;
  const causes = errors.map((e) => ({ reason: e.type, message: e.message, field: e.field }));
  const lines = errors.map((e) => (e.field ? `${e.field}: ${e.message}` : e.message));
  const what = kind.group ? `${kind.kind}.${kind.group}` : kind.kind;
  const message = `${what} "${name ?? ''}" is invalid: ${lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`}`;
  const details = {
    ...(name && { name }),
    ...(kind.group && { group: kind.group }),
    ...(kind.kind && { kind: kind.kind }),
    causes,
  };
  return new ApiError(422, 'Invalid', message, details);
}

/** 405: what the path names knows no such verb. */
export function methodNotAllowed(): ApiError {
  return new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

/** 406: `supported` are the media types that could be sent. */
export function notAcceptable(supported: readonly string[]): ApiError {
  const message = `only the following media types are accepted: ${supported.join(', ')}`;
  return new ApiError(406, 'NotAcceptable', message);
}

/** 415: `supported` are the media types that are taken. */
export function unsupportedMediaType(supported: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${supported.join(', ')}`;
  return new ApiError(415, 'UnsupportedMediaType', message);
}

/** 413: the body has more than `limit` bytes. */
export function tooLarge(limit: number): ApiError {
  return new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
}

/**
 * A watch or list from a version that is no longer in the window. `continueToken` is where an expired list can go on, in
 * a newer state.
 */
export function expired(message: string, continueToken?: string): ApiError {
  return new ApiError(410, 'Expired', message, undefined, continueToken);
}

/** A list or get at a version that the server has not reached: clients retry after a second. */
export function tooLargeResourceVersion(requested: number, current: number): ApiError {
  return new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${requested}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

/** 504: it was not done in time, and may still be. */
export function timeout(message: string): ApiError {
  return new ApiError(504, 'Timeout', message);
}

/** 503: something that is needed is away; trying again may help. */
export function serviceUnavailable(message: string): ApiError {
  return new ApiError(503, 'ServiceUnavailable', message);
}

/** 500: a fault of ours. */
export function internalError(message: string): ApiError {
  return new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

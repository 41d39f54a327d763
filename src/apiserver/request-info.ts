import type { AuthorizationAttributes, NonResourceAttributes, ResourceAttributes } from '../auth/authz/authorizer.ts';
import { badRequest } from '../apimachinery/api-error.ts';

/** What a request wants, read off its method and path; also what authorization is asked about. */
export type RequestInfo = AuthorizationAttributes;

/** Verbs of requests that name one object, and of those that name a collection, by method. */
const objectVerbs: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
const collectionVerbs: Readonly<Record<string, string>> = {
  ...objectVerbs,
  GET: 'list',
  HEAD: 'list',
  DELETE: 'deletecollection',
};

/** Segments below `/namespaces/<name>` that belong to the namespace itself. */
const namespaceSubresources = new Set(['status', 'finalize']);

/**
 * Reads `/api/v1/namespaces/<ns>/pods/<name>/<subresource>` and its kin. `watch` says whether the query asks for a watch.
 * @throws ApiError BadRequest when the path is badly percent-encoded
 */
export function parseRequestInfo(method: string, path: string, watch: boolean): RequestInfo {
  const parts = path.split('/');
  const legacy = parts[1] === 'api';
  const first = legacy ? 3 : 4; // where the resource begins
  if ((!legacy && parts[1] !== 'apis') || parts.length <= first || parts[first] === '')
    return nonResource(method, path);
  if (path.includes('%')) decodeParts(parts);
  if (parts[parts.length - 1] === '') parts.pop();
  const group = legacy ? '' : parts[2]!;
  return resourceRequest(method, path, group, parts[first - 1]!, parts.slice(first), watch);
}

function nonResource(method: string, path: string): NonResourceAttributes {
  return { resourceRequest: false, verb: method.toLowerCase(), path };
}

function resourceRequest(
  method: string,
  path: string,
  apiGroup: string,
  apiVersion: string,
  parts: string[],
  watch: boolean,
): ResourceAttributes {
  const old = parts[0] === 'watch' && parts.length > 1; // the deprecated /api/v1/watch/pods
  if (old) parts.shift();
  let namespace = '';
  if (parts[0] === 'namespaces' && parts.length > 1) {
    namespace = parts[1]!;
    if (parts.length > 2 && !namespaceSubresources.has(parts[2]!)) parts.splice(0, 2);
  }
  const name = parts[1] ?? '';
  const verbs = name ? objectVerbs : collectionVerbs;
  const verb = Object.hasOwn(verbs, method) ? verbs[method]! : method.toLowerCase();
  return {
    resourceRequest: true,
    verb: old || (watch && verb === 'list') ? 'watch' : verb,
    apiGroup,
    apiVersion,
    namespace,
    resource: parts[0] ?? '',
    name,
    subresource: parts.length > 2 ? parts[2]! : '',
    path,
  };
}

function decodeParts(parts: string[]): void {
  try {
    for (let i = 0; i < parts.length; i++) parts[i] = decodeURIComponent(parts[i]!);
  } catch {
    throw badRequest('the path of the request is not percent-encoded correctly');
  }
}

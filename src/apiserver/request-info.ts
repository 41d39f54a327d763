import { parseFieldSelector } from '../apimachinery/field-selector.ts';
import type { AuthorizationAttributes, NonResourceAttributes, ResourceAttributes } from '../auth/authz/authorizer.ts';
import { badRequest } from '../apimachinery/api-error.ts';

/** What a request wants, read off its method and path; also what authorization is asked about. */
export type RequestInfo = AuthorizationAttributes;

/** What the query says about a request for a collection. */
export interface CollectionQuery {
  readonly watch: boolean;
  readonly fieldSelector?: string | null;
}

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
 * Reads `/api/v1/namespaces/<ns>/pods/<name>/<subresource>` and its kin. A list or watch of one name by its field
 * selector counts as one of that name, so that it can be allowed for that name alone.
 * @throws ApiError BadRequest when the path is badly percent-encoded
 */
export function parseRequestInfo(method: string, path: string, query: CollectionQuery): RequestInfo {
  // An encoded slash separates as any other, so that no name holds one.
  const parts = (path.includes('%') ? decoded(path) : path).split('/');
  const legacy = parts[1] === 'api';
  const first = legacy ? 3 : 4; // where the resource begins
  if ((!legacy && parts[1] !== 'apis') || parts.length <= first || parts[first] === '')
    return nonResource(method, path);
  if (parts[parts.length - 1] === '') parts.pop();
  const group = legacy ? '' : parts[2]!;
  return resourceRequest(method, path, group, parts[first - 1]!, parts.slice(first), query);
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
  query: CollectionQuery,
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
    verb: old || (query.watch && verb === 'list') ? 'watch' : verb,
    apiGroup,
    apiVersion,
    namespace,
    resource: parts[0] ?? '',
    name: name || (verb === 'list' ? selectedName(query.fieldSelector) : ''),
    subresource: parts.length > 2 ? parts[2]! : '',
    path,
  };
}

/** The one name that a field selector leaves; a selector that makes no sense is told of later. */
function selectedName(fieldSelector: string | null | undefined): string {
  if (!fieldSelector?.includes('metadata.name')) return '';
  try {
    const name = parseFieldSelector(fieldSelector).exact('metadata.name') ?? '';
    return nameFault(name) ? '' : name;
  } catch {
    return '';
  }
}

/** What keeps a text from being one segment of a path; undefined when nothing does. */
export function nameFault(name: string): string | undefined {
  if (name === '.' || name === '..') return `may not be '${name}'`;
  const wrong = ['/', '%'].filter((character) => name.includes(character));
  return wrong.length > 0 ? wrong.map((character) => `may not contain '${character}'`).join(';') : undefined;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw badRequest('the path of the request is not percent-encoded correctly');
  }
}

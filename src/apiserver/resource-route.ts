import type { ResourceAttributes } from '../auth/authz/authorizer.ts';
import { badRequest, methodNotAllowed, noSuchPath } from '../apimachinery/api-error.ts';
import type { Kind, Subresource, Verb } from '../apimachinery/kind.ts';
import type { Exchange } from './exchange/exchange.ts';
import { handleCreateThroughLens } from './handlers/create.ts';
import { verbHandlers } from './handlers/index.ts';
import { negotiate } from './handlers/negotiate.ts';
import { sendPageNotFound } from './handlers/respond.ts';
import type { HandlerServices, VerbHandler } from './handlers/services.ts';
import { nameFault } from './request-info.ts';
import { answerHandler, connectHandler } from './subresources/index.ts';

/** Verbs that work on all namespaces at once. */
const acrossNamespaces = new Set(['list', 'watch', 'create']);
/** Verbs whose name, if they have one, comes from a selector. */
const ofCollections = new Set(['list', 'watch']);

/**
 * Finds the kind and the verb's handler for a request below `/api` or `/apis` and lets it answer.
 * @throws ApiError NotFound, MethodNotAllowed, or BadRequest for a name that cannot be one
 */
export async function routeResource(
  services: HandlerServices,
  exchange: Exchange,
  info: ResourceAttributes,
): Promise<void> {
  const kind = services.registry.kinds.byResource(info.apiGroup, info.apiVersion, info.resource);
  if (!kind) return noSuchResource(services, exchange, info);
  checkScope(kind, info);
  const subresource = info.subresource ? findSubresource(kind, info) : undefined;
  const { method } = exchange.request;
  const handler = subresource ? subresourceHandler(kind, subresource, info.verb, method) : kindHandler(kind, info);
  if (!handler || (!subresource?.connect && !fits(method, info.verb))) {
    exchange.allow = allowedMethods(kind, info, subresource);
    throw methodNotAllowed();
  }
  checkNames(info);
  if (!subresource?.connect) negotiate(exchange.request.headers.accept, kind.definition); // before anything is changed
  if (kind.deprecation) exchange.warnings.push(kind.deprecation);
  const namespace = kind.namespaced ? info.namespace : '';
  return handler(services, { exchange, target: { kind, namespace, name: info.name }, subresource });
}

/** Upstream has no HEAD, and the old paths of watches take nothing but GET. */
function fits(method: string, verb: string): boolean {
  return method !== 'HEAD' && (verb !== 'watch' || method === 'GET');
}

/** Groups that are served answer as a `Status`, all others below `/apis` with a page. */
function noSuchResource({ registry }: HandlerServices, exchange: Exchange, info: ResourceAttributes): void {
  const { apiGroup } = info;
  if (apiGroup === '' || registry.kinds.groups().has(apiGroup)) throw noSuchPath();
  sendPageNotFound(exchange);
}

/** A namespace in the path for namespaced kinds, and only for those. */
function checkScope(kind: Kind, { namespace, name, verb, resource }: ResourceAttributes): void {
  // A namespace's own path has its name where others have their namespace.
  if (!kind.namespaced && namespace && resource !== 'namespaces') throw noSuchPath();
  if (kind.namespaced && !namespace && name && !ofCollections.has(verb)) throw noSuchPath();
}

/** @throws ApiError BadRequest for what cannot be a segment of a path */
function checkNames({ namespace, name }: ResourceAttributes): void {
  for (const [what, text] of [
    ['Namespace', namespace],
    ['Name', name],
  ] as const) {
    const fault = text && nameFault(text);
    if (fault) throw badRequest(`${what} parameter invalid: ${JSON.stringify(text)}: ${fault}`);
  }
}

/** @throws ApiError NotFound also for a path that goes on behind a subresource that is no door to something else */
function findSubresource(kind: Kind, { subresource, path = '' }: ResourceAttributes): Subresource {
  const found = kind.subresources.find((s) => s.name === subresource);
  if (!found) throw noSuchPath();
  if (!found.connect && !path.endsWith(`/${subresource}`) && !path.endsWith(`/${subresource}/`)) throw noSuchPath();
  return found;
}

function subresourceHandler(
  kind: Kind,
  subresource: Subresource,
  verb: string,
  method: string,
): VerbHandler | undefined {
  if (subresource.connect) return connectHandler(kind, subresource, verb, method);
  return subresource.verbs.includes(verb) ? lensHandler(verb) : undefined;
}

function lensHandler(verb: string): VerbHandler | undefined {
  return verb === 'create' ? handleCreateThroughLens : verbHandlers[verb];
}

/** Verbs that concern one object: they need its name in the path, as `create` must have none there. */
const named = new Set(['update', 'patch', 'delete', 'get']);

function kindHandler(kind: Kind, { verb, name, namespace }: ResourceAttributes): VerbHandler | undefined {
  if (!kind.verbs.includes(verb as Verb)) return undefined;
  if (verb === 'create' ? name : named.has(verb) && !name) return undefined;
  if (kind.namespaced && !namespace && !isAcrossNamespaces(kind, verb)) return undefined;
  return (verb === 'create' && answerHandler(kind)) || (kind.ephemeral ? undefined : verbHandlers[verb]);
}

function isAcrossNamespaces(kind: Kind, verb: string): boolean {
  return acrossNamespaces.has(verb) && (verb !== 'create' || kind.ephemeral);
}

const methods: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};

/** What could be asked of the same path. */
function allowedMethods(kind: Kind, info: ResourceAttributes, subresource: Subresource | undefined): string[] {
  if (info.verb === 'watch') return ['GET'];
  const name = info.verb === 'list' ? '' : info.name;
  const verbs = subresource
    ? subresource.verbs
    : kind.verbs.filter((verb) => named.has(verb) === (name !== '') && kindHandler(kind, { ...info, name, verb }));
  return [...new Set(verbs.map((verb) => methods[verb] ?? 'GET'))].sort();
}

import type { ResourceAttributes } from '../auth/authz/authorizer.ts';
import { methodNotAllowed, noSuchPath } from '../apimachinery/api-error.ts';
import type { Kind, Subresource, Verb } from '../apimachinery/kind.ts';
import type { Exchange } from './exchange/exchange.ts';
import { handleCreateThroughLens } from './handlers/create.ts';
import { verbHandlers } from './handlers/index.ts';
import { negotiate } from './handlers/negotiate.ts';
import type { HandlerServices, VerbHandler } from './handlers/services.ts';
import { answerHandler, connectHandler } from './subresources/index.ts';

/** Verbs that work on all namespaces at once. */
const acrossNamespaces = new Set(['list', 'watch', 'create']);

/**
 * Finds the kind and the verb's handler for a request below `/api` or `/apis` and lets it answer.
 * @throws ApiError NotFound or MethodNotAllowed
 */
export function routeResource(services: HandlerServices, exchange: Exchange, info: ResourceAttributes): Promise<void> {
  const kind = services.registry.kinds.byResource(info.apiGroup, info.apiVersion, info.resource);
  if (!kind) throw noSuchPath();
  const namespace = kind.namespaced ? info.namespace : '';
  checkScope(kind, info);
  const subresource = info.subresource ? findSubresource(kind, info.subresource) : undefined;
  const handler = subresource ? subresourceHandler(kind, subresource, info.verb) : kindHandler(kind, info);
  if (!subresource?.connect) negotiate(exchange.request.headers.accept, kind.definition); // before anything is changed
  if (kind.deprecation) exchange.warnings.push(kind.deprecation);
  return handler(services, { exchange, target: { kind, namespace, name: info.name }, subresource });
}

/** A namespace in the path for namespaced kinds, and only for those. */
function checkScope(kind: Kind, { namespace, name, verb, resource }: ResourceAttributes): void {
  if (!kind.namespaced) {
    // A namespace's own path has its name where others have their namespace.
    if (namespace && resource !== 'namespaces') throw noSuchPath();
    return;
  }
  if (namespace) return;
  if (name) throw noSuchPath();
  if (!acrossNamespaces.has(verb)) throw methodNotAllowed(kind);
  if (verb === 'create' && !kind.ephemeral) throw methodNotAllowed(kind);
}

function findSubresource(kind: Kind, name: string): Subresource {
  const found = kind.subresources.find((s) => s.name === name);
  if (!found) throw noSuchPath();
  return found;
}

function subresourceHandler(kind: Kind, subresource: Subresource, verb: string): VerbHandler {
  if (!subresource.verbs.includes(verb)) throw methodNotAllowed(kind);
  const handler = subresource.connect ? connectHandler(kind, subresource.name) : lensHandler(verb);
  if (!handler) throw methodNotAllowed(kind);
  return handler;
}

function lensHandler(verb: string): VerbHandler | undefined {
  return verb === 'create' ? handleCreateThroughLens : verbHandlers[verb];
}

/** Verbs that concern one object: they need its name in the path, as `create` must have none there. */
const named = new Set(['update', 'patch', 'delete', 'get']);

function kindHandler(kind: Kind, { verb, name }: ResourceAttributes): VerbHandler {
  if (!kind.verbs.includes(verb as Verb)) throw methodNotAllowed(kind);
  if (verb === 'create' ? name : named.has(verb) && !name) throw methodNotAllowed(kind);
  const handler = (verb === 'create' && answerHandler(kind)) || (kind.ephemeral ? undefined : verbHandlers[verb]);
  if (!handler) throw methodNotAllowed(kind);
  return handler;
}

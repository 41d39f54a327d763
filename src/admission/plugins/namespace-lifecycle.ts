import { ApiError, forbiddenAccess, notFound } from '../../apimachinery/api-error.ts';
import { namespace } from '../../api/core-v1/namespace.ts';
import { isKind, type AdmissionContext, type AdmissionPlugin, type AdmissionRequest } from '../plugin.ts';
import { refuseUnnamed } from '../refusal.ts';

/** Namespaces that the cluster cannot do without. */
const permanent = new Set(['default', 'kube-system', 'kube-public']);

/** Answers that a namespace is needed for: they are asked in one that is going, too. */
const reviews = new Set(['authorization.k8s.io', 'authentication.k8s.io']);

/** Milliseconds for which a namespace that was deleted through this server is looked up past the cache. */
const DISTRUST = 30_000;

/**
 * Nothing new in a namespace that does not exist or is being deleted, and no deletion of the namespaces that must stay.
 */
export function namespaceLifecycle(): AdmissionPlugin {
  /** Until when the cache may not be trusted with a namespace, by name. */
  const deleted = new Map<string, number>();
  return {
    name: 'NamespaceLifecycle',
    operations: ['CREATE', 'UPDATE', 'DELETE'],
    subresources: 'all',
    admit(request, context) {
      const { kind, operation } = request;
      if (isKind(kind, namespace)) {
        if (operation === 'DELETE') return noteDeletion(request, context, deleted);
        return undefined;
      }
      if (operation === 'DELETE' || !kind.namespaced || reviews.has(kind.group)) return undefined;
      return checkAlive(request, context, deleted);
    },
  };
}

function noteDeletion(
  { kind, name }: AdmissionRequest,
  { clock }: AdmissionContext,
  deleted: Map<string, number>,
): void {
  if (permanent.has(name)) throw forbiddenAccess(kind, name, 'this namespace may not be deleted');
  const now = clock.monotonic();
  for (const [other, until] of deleted) if (until <= now) deleted.delete(other);
  deleted.set(name, now + DISTRUST);
}

async function checkAlive(
  request: AdmissionRequest,
  context: AdmissionContext,
  deleted: ReadonlyMap<string, number>,
): Promise<void> {
  const name = { name: request.namespace };
  const distrusted = deleted.size > 0 && (deleted.get(request.namespace) ?? 0) > context.clock.monotonic();
  const found = (await context.get(namespace, name, distrusted)) ?? (await context.get(namespace, name, true));
  if (!found) throw notFound(namespace, request.namespace);
  if (request.operation !== 'CREATE') return;
  if (found.status?.phase !== 'Terminating' && !found.metadata.deletionTimestamp) return;
  throw beingTerminated(request);
}

function beingTerminated(request: AdmissionRequest): ApiError {
  const { namespace } = request;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const { code, reason, message, details } = refuseUnnamed(request, why);
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  return new ApiError(code, reason, message, { ...details, causes: [cause] });
}

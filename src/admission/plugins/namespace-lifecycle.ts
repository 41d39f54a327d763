import { ApiError, forbiddenAccess, notFound } from '../../apimachinery/api-error.ts';
import { gvkKey } from '../../apimachinery/kind.ts';
import { namespace } from '../../api/core-v1/namespace.ts';
import type { AdmissionPlugin, AdmissionReader, AdmissionRequest } from '../plugin.ts';

/** Namespaces that the cluster cannot do without. */
const permanent = new Set(['default', 'kube-system', 'kube-public']);

/** Answers that a namespace is needed for: they are asked in one that is going, too. */
const reviews = new Set(['authorization.k8s.io', 'authentication.k8s.io']);

/**
 * Nothing new in a namespace that does not exist or is being deleted, and no deletion of the namespaces that must stay.
 */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  operations: ['CREATE', 'DELETE'],
  admit(request, reader) {
    if (request.operation === 'DELETE') return checkPermanent(request);
    if (!request.kind.namespaced || reviews.has(request.kind.group)) return undefined;
    return checkAlive(request, reader);
  },
};

function checkPermanent({ kind, name }: AdmissionRequest): void {
  if (gvkKey(kind) !== gvkKey(namespace) || !permanent.has(name)) return;
  throw forbiddenAccess(kind, name, 'this namespace may not be deleted');
}

async function checkAlive(request: AdmissionRequest, reader: AdmissionReader): Promise<void> {
  const name = { name: request.namespace };
  const found = (await reader.get(namespace, name)) ?? (await reader.get(namespace, name, true));
  if (!found) throw notFound(namespace, request.namespace);
  if (found.status?.phase !== 'Terminating' && !found.metadata.deletionTimestamp) return;
  throw beingTerminated(request);
}

function beingTerminated({ kind, name, namespace }: AdmissionRequest): ApiError {
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const { code, reason, message, details } = forbiddenAccess(kind, name, why);
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  return new ApiError(code, reason, message, { ...details, causes: [cause] });
}

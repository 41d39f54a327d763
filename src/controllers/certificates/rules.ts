import { signers } from './request.ts';
import type { RequestedIdentity } from './signer.ts';

const nodesGroup = 'system:nodes';
const nodePrefix = 'system:node:';
/** Keys of elliptic curves encipher nothing, so that usage may be missing. */
const optional = 'key encipherment';

/**
 * What keeps one of the cluster's signers from signing a request, as its documentation says; undefined: nothing.
 * @param signer one of `signers`
 */
export function refusal(signer: string, identity: RequestedIdentity, usages: readonly string[]): string | undefined {
  switch (signer) {
    case signers.client:
      return wrongClientUsage(usages);
    case signers.kubeletClient:
      return kubeletClientRefusal(identity, usages);
    case signers.kubeletServing:
      return kubeletServingRefusal(identity, usages);
    default:
      return undefined;
  }
}

function wrongClientUsage(usages: readonly string[]): string | undefined {
  const allowed = ['digital signature', optional, 'client auth'];
  const wrong = usages.find((usage) => !allowed.includes(usage));
  if (wrong) return `invalid usage for client certificate: ${wrong}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}

/** Of a kubelet that wants to speak to the API server as its node. */
export function kubeletClientRefusal(identity: RequestedIdentity, usages: readonly string[]): string | undefined {
  const { dns, ip, email, url } = identity.names;
  if (!isOfNodes(identity)) return 'subject organization is not system:nodes';
  if (dns.length > 0) return 'DNS subjectAltNames are not allowed';
  if (email.length > 0) return 'Email subjectAltNames are not allowed';
  if (ip.length > 0) return 'IP subjectAltNames are not allowed';
  if (url.length > 0) return 'URI subjectAltNames are not allowed';
  return wrongNodeName(identity) ?? wrongUsages(usages, ['client auth', 'digital signature']);
}

/** Of a kubelet that wants to serve logs and exec. */
function kubeletServingRefusal(identity: RequestedIdentity, usages: readonly string[]): string | undefined {
  const { dns, ip, email, url } = identity.names;
  if (!isOfNodes(identity)) return 'subject organization is not system:nodes';
  if (dns.length + ip.length === 0) return 'DNS or IP subjectAltName is required';
  if (email.length > 0) return 'Email subjectAltNames are not allowed';
  if (url.length > 0) return 'URI subjectAltNames are not allowed';
  return wrongUsages(usages, ['digital signature', 'server auth']) ?? wrongNodeName(identity);
}

function isOfNodes({ organizations }: RequestedIdentity): boolean {
  return organizations.length === 1 && organizations[0] === nodesGroup;
}

function wrongNodeName({ commonName }: RequestedIdentity): string | undefined {
  return commonName.startsWith(nodePrefix) ? undefined : `subject common name does not begin with ${nodePrefix}`;
}

function wrongUsages(usages: readonly string[], required: readonly string[]): string | undefined {
  const given = new Set(usages.filter((usage) => usage !== optional));
  const same = given.size === required.length && required.every((usage) => given.has(usage));
  return same ? undefined : `usages did not match [${[...required, optional].sort().join(' ')}]`;
}

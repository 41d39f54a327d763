import { subjectAccessReview } from '../../api/authorization-v1/subject-access-review.ts';
import {
  certificateSigningRequest,
  type CertificateSigningRequest,
} from '../../api/certificates-v1/certificate-signing-request.ts';
import type { Client } from '../../client/client.ts';
import { controller, type Controller } from '../../client/controller.ts';
import { isDecided, requestText, signers } from './request.ts';
import { kubeletClientRefusal } from './rules.ts';
import type { CertificateSigner, RequestedIdentity } from './signer.ts';

/** Milliseconds until somebody who may not is looked at again: what they may can change. */
const AGAIN = 60_000;

/** What a node may ask for, and what approving it says. */
interface Grant {
  /** The subresource of CertificateSigningRequests that its sender has to be allowed to create. */
  readonly subresource: string;
  readonly message: string;
}

const own: Grant = {
  subresource: 'selfnodeclient',
  message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
};
const anyNode: Grant = {
  subresource: 'nodeclient',
  message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
};

/** Approves the client certificates of kubelets, when the sender may ask for them. */
export function certificateApprovingController(signer: Pick<CertificateSigner, 'identityOf'>): Controller {
  return controller<CertificateSigningRequest>({
    name: 'certificatesigningrequest-approving-controller',
    for: certificateSigningRequest,
    async reconcile(key, { reader, client }) {
      const request = reader.get(certificateSigningRequest, key);
      if (!request || request.status?.certificate || isDecided(request)) return undefined;
      if (request.spec.signerName !== signers.kubeletClient) return undefined;
      const grants = grantsFor(request, signer.identityOf(requestText(request)));
      for (const grant of grants) if (await mayAsk(request, grant, client)) return approve(request, grant, client);
      return grants.length > 0 ? { after: AGAIN } : undefined;
    },
  });
}

/** Which permissions would do for this request. */
export function grantsFor({ spec }: CertificateSigningRequest, identity: RequestedIdentity): Grant[] {
  if (kubeletClientRefusal(identity, spec.usages ?? [])) return [];
  return spec.username === identity.commonName ? [own, anyNode] : [anyNode];
}

async function mayAsk({ spec }: CertificateSigningRequest, { subresource }: Grant, client: Client): Promise<boolean> {
  const { username, uid, groups, extra } = spec;
  const asked = { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', verb: 'create', subresource };
  const review = await client.create(subjectAccessReview, {
    metadata: {},
    spec: {
      ...(username && { user: username }),
      ...(uid && { uid }),
      ...(groups && { groups }),
      ...(extra && { extra }),
      resourceAttributes: asked,
    },
  });
  return review.status?.allowed ?? false;
}

async function approve(request: CertificateSigningRequest, { message }: Grant, client: Client): Promise<void> {
  const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message };
  const conditions = [...(request.status?.conditions ?? []), condition];
  const approved = { ...request, status: { ...request.status, conditions } };
  await client.update(certificateSigningRequest, approved, { subresource: 'approval' });
}

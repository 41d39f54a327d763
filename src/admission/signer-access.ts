import { clusterTrustBundle } from '../api/certificates-v1beta1/cluster-trust-bundle.ts';
import type { AdmissionContext, AdmissionRequest } from './plugin.ts';

/**
 * Whether the caller may do `verb` (`approve`, `sign`, `attest`) for a signer: for it alone, or for all of its domain
 * (`example.com/*`). Signers are no objects, but roles can name them.
 */
export async function isAllowedForSigner(
  { user }: Pick<AdmissionRequest, 'user'>,
  { authorizer }: AdmissionContext,
  verb: string,
  signer: string,
): Promise<boolean> {
  const { group: apiGroup } = clusterTrustBundle;
  const domain = `${signer.split('/', 1)[0]}/*`;
  for (const name of [signer, domain]) {
    const { allowed } = await authorizer.authorize(user, {
      resourceRequest: true,
      verb,
      apiGroup,
      apiVersion: '*',
      resource: 'signers',
      subresource: '',
      namespace: '',
      name,
    });
    if (allowed) return true;
  }
  return false;
}

import {
  certificateSigningRequest,
  type CertificateSigningRequest,
} from '../../api/certificates-v1/certificate-signing-request.ts';
import type { AdmissionPlugin } from '../plugin.ts';
import { refuse } from '../refusal.ts';
import { isAllowedForSigner } from '../signer-access.ts';

/** Who approves or denies a certificate must be allowed to for its signer. */
export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  operations: ['UPDATE'],
  kinds: [certificateSigningRequest],
  subresources: ['approval'],
  async validate(request, context) {
    const signer = (request.oldObject as CertificateSigningRequest).spec?.signerName ?? '';
    if (await isAllowedForSigner(request, context, 'approve', signer)) return;
    throw refuse(request, `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`);
  },
};

import {
  certificateSigningRequest,
  type CertificateSigningRequest,
} from '../../api/certificates-v1/certificate-signing-request.ts';
import { equalJson } from '../../apimachinery/json-value.ts';
import type { AdmissionPlugin } from '../plugin.ts';
import { refuse } from '../refusal.ts';
import { isAllowedForSigner } from '../signer-access.ts';

/** Who puts a certificate into a request, or says that it failed, must be allowed to sign for its signer. */
export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  operations: ['UPDATE'],
  kinds: [certificateSigningRequest],
  subresources: ['status'],
  async validate(request, context) {
    const old = request.oldObject as CertificateSigningRequest;
    const now = request.object as CertificateSigningRequest;
    if (equalJson(resultOf(now), resultOf(old))) return;
    const signer = old.spec?.signerName ?? '';
    if (await isAllowedForSigner(request, context, 'sign', signer)) return;
    throw refuse(request, `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`);
  },
};

function resultOf({ status }: CertificateSigningRequest) {
  return { certificate: status?.certificate ?? '', conditions: status?.conditions ?? [] };
}

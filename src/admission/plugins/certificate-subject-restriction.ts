import {
  certificateSigningRequest,
  type CertificateSigningRequest,
} from '../../api/certificates-v1/certificate-signing-request.ts';
import { requestedOrganizations } from '../../auth/certificates.ts';
import { errorMessage } from '../../base/log.ts';
import type { AdmissionPlugin } from '../plugin.ts';
import { refuse } from '../refusal.ts';

const signer = 'kubernetes.io/kube-apiserver-client';
const forbidden = 'system:masters';

/** Nobody becomes an administrator past all roles by having a certificate signed. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  operations: ['CREATE'],
  kinds: [certificateSigningRequest],
  validate(request) {
    const { spec } = request.object as CertificateSigningRequest;
    if (spec?.signerName !== signer) return;
    let groups: string[];
    try {
      groups = requestedOrganizations(Buffer.from(spec.request ?? '', 'base64').toString('latin1'));
    } catch (error) {
      throw refuse(request, `failed to parse CSR: ${errorMessage(error)}`);
    }
    if (groups.includes(forbidden))
      throw refuse(request, `use of ${signer} signer with ${forbidden} group is not allowed`);
  },
};

import type { CertificateSigningRequest } from '../../api/certificates-v1/certificate-signing-request.ts';
import { findCondition } from '../conditions.ts';

/** The signers of the cluster itself. */
export const signers = {
  client: 'kubernetes.io/kube-apiserver-client',
  kubeletClient: 'kubernetes.io/kube-apiserver-client-kubelet',
  kubeletServing: 'kubernetes.io/kubelet-serving',
  legacy: 'kubernetes.io/legacy-unknown',
} as const;

/** The PEM text of the request. */
export function requestText({ spec }: CertificateSigningRequest): string {
  return Buffer.from(spec.request ?? '', 'base64').toString('latin1');
}

/** Whether the request has this condition and it is true. */
export function hasTrue({ status }: CertificateSigningRequest, type: 'Approved' | 'Denied' | 'Failed'): boolean {
  return findCondition(status?.conditions, type)?.status === 'True';
}

/** Whether somebody has said yes or no. */
export function isDecided({ status }: CertificateSigningRequest): boolean {
  return ['Approved', 'Denied'].some((type) => findCondition(status?.conditions, type));
}

import type { Kind } from '../../apimachinery/kind.ts';
import { clusterTrustBundle } from './cluster-trust-bundle.ts';
import { podCertificateRequest } from './pod-certificate-request.ts';

/** The kinds of certificates.k8s.io, version v1beta1. */
export const certificatesV1beta1: readonly Kind[] = [clusterTrustBundle, podCertificateRequest];

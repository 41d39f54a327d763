import type { Kind } from '../../apimachinery/kind.ts';
import { certificateSigningRequest } from './certificate-signing-request.ts';

/** The kinds of certificates.k8s.io, version v1. */
export const certificatesV1: readonly Kind[] = [certificateSigningRequest];

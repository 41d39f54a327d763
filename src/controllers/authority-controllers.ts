import type { Controller } from '../client/controller.ts';
import { certificateApprovingController } from './certificates/approving.ts';
import type { CertificateSigner } from './certificates/signer.ts';
import { certificateSigningController } from './certificates/signing.ts';
import { rootCaController } from './root-ca.ts';
import { serviceAccountTokenController, type TokenSource } from './service-account-token.ts';

/** What some controllers need of the cluster's authority; those that miss something do not run. */
export interface ClusterAuthority {
  /** The cluster's CA certificates (PEM), to be published in every namespace. */
  readonly rootCa?: string;
  /** Reads and signs certificate requests with the cluster's CA. */
  readonly signer?: CertificateSigner;
  /** Signs the tokens of service accounts that lie in secrets. */
  readonly signToken?: TokenSource['sign'];
}

/** The controllers that can run with what is known of the authority. */
export function authorityControllers({ rootCa, signer, signToken }: ClusterAuthority): Controller[] {
  return [
    ...(rootCa ? [rootCaController(rootCa)] : []),
    ...(signer ? [certificateApprovingController(signer), certificateSigningController(signer)] : []),
    ...(rootCa && signToken ? [serviceAccountTokenController({ rootCa, sign: signToken })] : []),
  ];
}

/** The names of all of them. */
export function authorityControllerNames(): string[] {
  const missing = () => {
    throw new Error('only its name was asked for');
  };
  const authority = { rootCa: 'none', signer: { identityOf: missing, sign: missing }, signToken: missing };
  return authorityControllers(authority).map(({ name }) => name);
}

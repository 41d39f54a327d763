import type { Controller } from '../client/controller.ts';
import { certificateApprovingController } from './certificates/approving.ts';
import type { CertificateSigner } from './certificates/signer.ts';
import { certificateSigningController } from './certificates/signing.ts';
import { rootCaController } from './root-ca.ts';
import { serviceAccountTokenController, type TokenSource } from './service-account-token.ts';

/** What some controllers need of the cluster's authority; those that miss something do not run. */
export interface Given {
  /** The cluster's CA certificates (PEM), to be published in every namespace. */
  readonly rootCa?: string;
  /** Reads and signs certificate requests with the cluster's CA. */
  readonly signer?: CertificateSigner;
  /** Signs the tokens of service accounts that lie in secrets. */
  readonly signToken?: TokenSource['sign'];
}

/** The controllers that can run with what is given. */
export function controllersGiven({ rootCa, signer, signToken }: Given): Controller[] {
  return [
    ...(rootCa ? [rootCaController(rootCa)] : []),
    ...(signer ? [certificateApprovingController(signer), certificateSigningController(signer)] : []),
    ...(rootCa && signToken ? [serviceAccountTokenController({ rootCa, sign: signToken })] : []),
  ];
}

/** The names of all controllers that need something. */
export function namesOfGiven(): string[] {
  const missing = () => {
    throw new Error('only its name was asked for');
  };
  const given = { rootCa: 'none', signer: { identityOf: missing, sign: missing }, signToken: missing };
  return controllersGiven(given).map(({ name }) => name);
}

import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  type JsonGeneralNames,
} from '@peculiar/x509';

export const ec = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
export const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};

/** A request for a certificate, PEM, with a new key that nobody keeps. */
export async function certificateRequest(
  subject: { readonly O: string; readonly CN: string },
  names: JsonGeneralNames = [],
  algorithm: typeof rsa | typeof ec = ec,
): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await Pkcs10CertificateRequestGenerator.create({
    name: [{ O: [subject.O] }, { CN: [subject.CN] }],
    keys,
    signingAlgorithm: algorithm,
    extensions: names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : [],
  });
  return made.toString('pem');
}

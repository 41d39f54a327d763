// The library needs this first.
import 'reflect-metadata';
import { ExtendedKeyUsage, KeyUsageFlags } from '@peculiar/x509';

const keyUsages: Readonly<Record<string, KeyUsageFlags>> = {
  signing: KeyUsageFlags.digitalSignature,
  'digital signature': KeyUsageFlags.digitalSignature,
  'content commitment': KeyUsageFlags.nonRepudiation,
  'key encipherment': KeyUsageFlags.keyEncipherment,
  'key agreement': KeyUsageFlags.keyAgreement,
  'data encipherment': KeyUsageFlags.dataEncipherment,
  'cert sign': KeyUsageFlags.keyCertSign,
  'crl sign': KeyUsageFlags.cRLSign,
  'encipher only': KeyUsageFlags.encipherOnly,
  'decipher only': KeyUsageFlags.decipherOnly,
};

const extendedKeyUsages: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': ExtendedKeyUsage.serverAuth,
  'client auth': ExtendedKeyUsage.clientAuth,
  'code signing': ExtendedKeyUsage.codeSigning,
  'email protection': ExtendedKeyUsage.emailProtection,
  's/mime': ExtendedKeyUsage.emailProtection,
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: ExtendedKeyUsage.timeStamping,
  'ocsp signing': ExtendedKeyUsage.ocspSigning,
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
};

/** Usages as a certificate tells them. */
export interface X509Usages {
  readonly key: KeyUsageFlags;
  /** Object identifiers. */
  readonly extended: string[];
}

/**
 * Translates the usages of a CertificateSigningRequest.
 * @throws Error that names a usage that there is not
 */
export function x509Usages(usages: readonly string[]): X509Usages {
  let key = 0;
  const extended = new Set<string>();
  for (const usage of usages) {
    if (Object.hasOwn(keyUsages, usage)) key |= keyUsages[usage]!;
    else if (Object.hasOwn(extendedKeyUsages, usage)) extended.add(extendedKeyUsages[usage]!);
    else throw new Error(`unrecognized usage ${JSON.stringify(usage)}`);
  }
  return { key, extended: [...extended] };
}

// The library needs this first.
import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  type Extension,
  type JsonGeneralName,
} from '@peculiar/x509';
import type { CertificateAuthority } from './certificates.ts';
import { x509Usages } from './certificate-usages.ts';

const subjectAltName = '2.5.29.17';

/** The kinds of alternative names that a certificate may have; others are left out. */
const namedBy = ['dns', 'ip', 'email', 'url'] as const;
type NamedBy = (typeof namedBy)[number];

/** Whom a certificate request is for. */
export interface RequestedIdentity {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** The alternative names. */
  readonly names: Readonly<Record<NamedBy, readonly string[]>>;
}

/** What is asked for besides what the request itself says. */
export interface SigningTerms {
  /** As CertificateSigningRequests name them. */
  readonly usages: readonly string[];
  /** How long the certificate is to be valid; never longer than the authority. */
  readonly seconds: number;
}

/** Reads and signs certificate requests (PKCS #10, PEM). */
export class CertificateSigner {
  readonly #authority: CertificateAuthority;

  constructor(authority: CertificateAuthority) {
    this.#authority = authority;
  }

  /** @throws Error when it is no certificate request */
  identityOf(request: string): RequestedIdentity {
    const parsed = new Pkcs10CertificateRequest(request);
    const all = alternativeNames(parsed);
    const names = (type: NamedBy) => all.filter((name) => name.type === type).map(({ value }) => value);
    const [dns, ip, email, url] = [names('dns'), names('ip'), names('email'), names('url')];
    const { subjectName } = parsed;
    const commonName = subjectName.getField('CN').at(-1) ?? '';
    return { commonName, organizations: subjectName.getField('O'), names: { dns, ip, email, url } };
  }

  /**
   * Signs a certificate (PEM) for the key, the subject and the alternative names of the request.
   * @throws Error when the request is none, or was not signed with its own key
   */
  async sign(request: string, { usages, seconds }: SigningTerms): Promise<string> {
    const parsed = new Pkcs10CertificateRequest(request);
    if (!(await parsed.verify().catch(() => false))) {
      throw new Error('unable to verify certificate request signature');
    }
    return this.#authority.certify({
      subject: parsed.subjectName,
      publicKey: parsed.publicKey,
      seconds,
      extensions: extensionsOf(parsed, usages),
    });
  }
}

function extensionsOf(request: Pkcs10CertificateRequest, usages: readonly string[]): Extension[] {
  const { key, extended } = x509Usages(usages);
  const names = alternativeNames(request);
  return [
    new BasicConstraintsExtension(false, undefined, true),
    ...(key ? [new KeyUsagesExtension(key, true)] : []),
    ...(extended.length > 0 ? [new ExtendedKeyUsageExtension(extended)] : []),
    ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
  ];
}

function alternativeNames(request: Pkcs10CertificateRequest): JsonGeneralName[] {
  const extension = request.getExtension(subjectAltName);
  if (!extension) return [];
  const { names } = new SubjectAlternativeNameExtension(extension.rawData);
  return names.toJSON().filter(({ type }) => (namedBy as readonly string[]).includes(type));
}

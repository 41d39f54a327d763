// The library needs this first.
import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto, X509Certificate as ParsedCertificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  type Extension,
  type JsonName,
  type Name,
  type PublicKeyType,
} from '@peculiar/x509';
import type { Clock } from '../base/clock.ts';

/** A certificate and its private key, both PEM (the key PKCS #8). */
export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** What a certificate is good for in TLS. */
export type CertificateUsage = 'server' | 'client';

/** What a new certificate shall say. */
export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly dnsNames?: readonly string[];
  /** IPv4 and IPv6 addresses. */
  readonly ips?: readonly string[];
  readonly usages: readonly CertificateUsage[];
  /** How long it is valid. Never longer than the authority itself. */
  readonly days: number;
}

/** What a certificate is to say, in the library's terms. */
export interface CertificateContents {
  readonly subject: Name | JsonName;
  readonly publicKey: PublicKeyType;
  /** How long it is valid. */
  readonly seconds: number;
  readonly extensions: readonly Extension[];
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 24 * 60 * 60 * 1000;

/** Certificates are valid from a little earlier, for machines whose clocks are behind (milliseconds). */
const backdated = 5 * 60 * 1000;

/** A certificate authority: EC P-256 throughout, because signing with it takes a tenth of a millisecond. */
export class CertificateAuthority {
  /** The authority's own certificate, PEM. */
  readonly certificate: string;
  readonly #privateKeyPem: string;
  readonly #parsed: X509Certificate;
  readonly #signingKey: CryptoKey;
  readonly #clock: Clock;

  private constructor(pair: KeyPair, signingKey: CryptoKey, clock: Clock) {
    this.certificate = pair.certificate;
    this.#privateKeyPem = pair.privateKey;
    this.#parsed = new X509Certificate(pair.certificate);
    this.#signingKey = signingKey;
    this.#clock = clock;
  }

  /** Makes a new one, valid for `days` (default: ten years). */
  static async create(commonName: string, clock: Clock, days = 3650): Promise<CertificateAuthority> {
    const keys = await generateKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: newSerial(),
      name: nameOf(commonName, []),
      keys,
      signingAlgorithm: algorithm,
      ...validity(clock, days),
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(
          KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign,
          true,
        ),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    const pair = { certificate: pem(certificate), privateKey: await exportKey(keys.privateKey) };
    return new CertificateAuthority(pair, keys.privateKey, clock);
  }

  /**
   * Takes one that was made before.
   * @throws Error when the key is not an EC P-256 key or does not belong to the certificate
   */
  static async load(pair: KeyPair, clock: Clock): Promise<CertificateAuthority> {
    if (!new ParsedCertificate(pair.certificate).checkPrivateKey(createPrivateKey(pair.privateKey))) {
      throw new Error('the private key of the certificate authority does not belong to its certificate');
    }
    return new CertificateAuthority(pair, await importKey(pair.privateKey), clock);
  }

  /** The authority's certificate and its key, to be stored. */
  export(): KeyPair {
    return { certificate: this.certificate, privateKey: this.#privateKeyPem };
  }

  /** Makes a key and signs a certificate for it. */
  async issue(request: CertificateRequest): Promise<KeyPair> {
    const keys = await generateKeys();
    const certificate = await this.sign(keys.publicKey, request);
    return { certificate, privateKey: await exportKey(keys.privateKey) };
  }

  /** Signs a certificate, PEM, for somebody else's key. */
  sign(publicKey: PublicKeyType, request: CertificateRequest): Promise<string> {
    const subject = nameOf(request.commonName, request.organizations ?? []);
    const seconds = (request.days * day) / 1000;
    return this.certify({ subject, publicKey, seconds, extensions: extensionsOf(request) });
  }

  /** Signs a certificate, PEM, that says what it is told to, as long as the authority itself is valid. */
  async certify({ subject, publicKey, seconds, extensions }: CertificateContents): Promise<string> {
    const { notBefore, notAfter } = validity(this.#clock, (seconds * 1000) / day);
    const certificate = await X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject,
      issuer: this.#parsed.subjectName,
      notBefore,
      notAfter: notAfter < this.#parsed.notAfter ? notAfter : this.#parsed.notAfter,
      publicKey,
      signingKey: this.#signingKey,
      signingAlgorithm: algorithm,
      extensions: [...extensions, await AuthorityKeyIdentifierExtension.create(this.#parsed)],
    });
    return pem(certificate);
  }

  /** Whether this authority signed the certificate (PEM). */
  signed(certificate: string): boolean {
    const own = new ParsedCertificate(this.certificate);
    return new ParsedCertificate(certificate).verify(own.publicKey);
  }
}

/** Whether a certificate names everything that `request` asks for and is valid for at least `days` more. */
export function certificateServes(
  certificate: string,
  request: CertificateRequest,
  clock: Clock,
  days: number,
): boolean {
  const parsed = new ParsedCertificate(certificate);
  if (Date.parse(parsed.validTo) < clock.now() + days * day || Date.parse(parsed.validFrom) > clock.now()) return false;
  const named = parsed.toLegacyObject().subject as { CN?: string; O?: string | string[] };
  const organizations = [named.O ?? []].flat().sort().join();
  if (named.CN !== request.commonName || organizations !== [...(request.organizations ?? [])].sort().join())
    return false;
  const dnsNames = (request.dnsNames ?? []).every((name) => parsed.checkHost(name, { subject: 'never' }) !== undefined);
  return dnsNames && (request.ips ?? []).every((ip) => parsed.checkIP(ip) !== undefined);
}

function extensionsOf(request: CertificateRequest): Extension[] {
  const usages = { server: ExtendedKeyUsage.serverAuth, client: ExtendedKeyUsage.clientAuth };
  const names = [
    ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(request.ips ?? []).filter((ip) => isIP(ip)).map((value) => ({ type: 'ip' as const, value })),
  ];
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
    new ExtendedKeyUsageExtension(request.usages.map((usage) => usages[usage])),
    ...(names.length ? [new SubjectAlternativeNameExtension(names)] : []),
  ];
}

/** Several organizations become one attribute set with several values, which is what Go writes and everybody reads. */
function nameOf(commonName: string, organizations: readonly string[]): JsonName {
  return [...(organizations.length ? [{ O: [...organizations] }] : []), { CN: [commonName] }];
}

function validity(clock: Clock, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(clock.now() - backdated), notAfter: new Date(clock.now() + days * day) };
}

/** 127 random bits: positive, and never two alike. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString('hex');
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function exportKey(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' });
}

async function importKey(privateKey: string): Promise<CryptoKey> {
  const der = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'der' });
  return await webcrypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign']);
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

/** The organizations (for Kubernetes: groups) that a certificate request (PEM) names. @throws Error when it is none */
export function requestedOrganizations(pem: string): string[] {
  return new Pkcs10CertificateRequest(pem).subjectName.getField('O');
}

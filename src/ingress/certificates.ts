import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Secret } from '../api/core-v1/secret.ts';

/** A certificate with its key, in PEM, and the names that it is for. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
  readonly names: readonly string[];
}

/** What was read from secrets: parsing is dear, and they seldom change. */
const known = new WeakMap<Secret, KeyPair | string>();

/** The certificate in a secret, or a sentence that says what is wrong with it (and never what it holds). */
export function keyPairOf(secret: Secret): KeyPair | string {
  let pair = known.get(secret);
  if (pair === undefined) known.set(secret, (pair = parse(secret)));
  return pair;
}

function parse(secret: Secret): KeyPair | string {
  const [cert, key] = ['tls.crt', 'tls.key'].map((name) =>
    Buffer.from(secret.data?.[name] ?? '', 'base64').toString('latin1'),
  );
  try {
    const leaf = new X509Certificate(cert!);
    if (!leaf.checkPrivateKey(createPrivateKey(key!))) return 'its key does not belong to its certificate';
    return { cert: cert!, key: key!, names: namesOf(leaf) };
  } catch {
    return 'tls.crt and tls.key must hold a certificate and its key in PEM';
  }
}

/** The DNS names of the certificate; where there is none, the common name. */
function namesOf({ subjectAltName = '', subject }: X509Certificate): string[] {
  const names = subjectAltName.split(', ').flatMap((part) => (part.startsWith('DNS:') ? [part.slice(4)] : []));
  const common = /^CN=(.*)$/m.exec(subject ?? '')?.[1];
  return (names.length > 0 ? names : common ? [common] : []).map((name) => name.toLowerCase());
}

/** Whether one of the names, which may be wildcards, is or covers `host`. */
export function covers(names: readonly string[], host: string): boolean {
  const wildcard = `*${host.slice(host.indexOf('.'))}`;
  return names.some((name) => name === host || (name === wildcard && host.includes('.')));
}

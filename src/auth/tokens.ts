import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  type KeyObject,
} from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, exportJWK, jwtVerify, SignJWT, type JWK, type JWTPayload } from 'jose';
import type { Clock } from '../base/clock.ts';
import { unauthorized } from '../apimachinery/api-error.ts';

/** The issuer of our tokens, and the audience of those meant for the API server. */
const defaultIssuer = 'https://kubernetes.default.svc.cluster.local';
export const defaultAudience = defaultIssuer;

/** Name and uid of an object that a token speaks of. */
export interface ObjectIdentity {
  readonly name: string;
  readonly uid: string;
}

/** What a token says. */
export interface ServiceAccountClaims {
  readonly namespace: string;
  readonly serviceAccount: ObjectIdentity;
  readonly pod?: ObjectIdentity;
  readonly secret?: ObjectIdentity;
  readonly node?: ObjectIdentity;
  readonly audiences: readonly string[];
  /** Unique for each token. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/** What a new token shall say. */
export interface TokenSubject extends Omit<ServiceAccountClaims, 'audiences' | 'id' | 'expires'> {
  /** Default: the API server. */
  readonly audiences?: readonly string[] | undefined;
  readonly expirationSeconds: number;
  /**
   * How long the token lives in truth, when that is longer: for clients that read theirs once and never again. It says
   * of itself from when on it should have been replaced.
   */
  readonly extendedSeconds?: number | undefined;
}

/** PEM text: the private key that signs, and the public keys that are still accepted besides its own. */
export interface ServiceAccountKeys {
  readonly signing: string;
  readonly accepted?: readonly string[];
}

interface PublishedKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** Makes a private key for signing tokens (EC P-256, PKCS #8 PEM). */
export function generateServiceAccountKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' });
}

/** The public half of a private key, as PEM: what stays accepted after a rotation. */
export function publicKeyOf(privateKeyPem: string): string {
  return createPublicKey(privateKeyPem).export({ type: 'spki', format: 'pem' });
}

/** Signs and verifies the tokens of service accounts: ES256 JWTs with the claims of upstream's bound tokens. */
export class ServiceAccountTokenIssuer {
  readonly issuer: string;
  readonly #clock: Clock;
  #signing!: PublishedKey;
  #accepted = new Map<string, PublishedKey>();
  /** Verified tokens: checking a signature takes as long as the rest of a request. */
  #verified = new Map<string, ServiceAccountClaims>();

  constructor(keys: ServiceAccountKeys, options: { clock: Clock; issuer?: string }) {
    this.issuer = options.issuer ?? defaultIssuer;
    this.#clock = options.clock;
    this.useKeys(keys);
  }

  /** Changes the keys. Tokens of keys that are no longer accepted are refused from now on. */
  useKeys(keys: ServiceAccountKeys): void {
    const privateKey = createPrivateKey(keys.signing);
    const own = published(createPublicKey(privateKey));
    const others = (keys.accepted ?? []).map((pem) => published(createPublicKey(pem)));
    this.#signing = { id: own.id, key: privateKey };
    this.#accepted = new Map([own, ...others].map((key) => [key.id, key]));
    this.#verified.clear();
  }

  /** A new token, and when it expires as RFC 3339. */
  async sign(subject: TokenSubject): Promise<{ token: string; expirationTimestamp: string }> {
    const issued = Math.floor(this.#clock.now() / 1000);
    const expires = issued + subject.expirationSeconds;
    const { extendedSeconds } = subject;
    const claims = { ...privateClaims(subject), ...(extendedSeconds && { warnafter: expires }) };
    const token = await new SignJWT({ 'kubernetes.io': claims })
      .setProtectedHeader({ alg: 'ES256', kid: this.#signing.id })
      .setIssuer(this.issuer)
      .setSubject(`system:serviceaccount:${subject.namespace}:${subject.serviceAccount.name}`)
      .setAudience([...(subject.audiences?.length ? subject.audiences : [defaultAudience])])
      .setIssuedAt(issued)
      .setNotBefore(issued)
      .setExpirationTime(issued + (extendedSeconds ?? subject.expirationSeconds))
      .setJti(randomUUID())
      .sign(this.#signing.key);
    return { token, expirationTimestamp: new Date(expires * 1000).toISOString().replace('.000', '') };
  }

  /**
   * What a token says; undefined when it is not one of this issuer.
   * @throws ApiError Unauthorized when it is expired, badly signed or meant for none of `audiences`
   */
  async verify(
    token: string,
    audiences: readonly string[] = [defaultAudience],
  ): Promise<ServiceAccountClaims | undefined> {
    const claims = this.#verified.get(token) ?? (await this.#verifyAnew(token));
    if (!claims) return undefined;
    const expired = claims.expires <= this.#clock.now();
    if (expired) this.#verified.delete(token);
    if (expired || !audiences.some((a) => claims.audiences.includes(a))) throw unauthorized();
    return claims;
  }

  /** Signs other claims with the same key, as another issuer. The token does not expire. */
  signClaims(issuer: string, subject: string, claims: JWTPayload): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: this.#signing.id })
      .setIssuer(issuer)
      .setSubject(subject)
      .sign(this.#signing.key);
  }

  /**
   * The claims of a token of `issuer` that one of our keys signed; undefined when it is of somebody else.
   * @throws ApiError Unauthorized when it is expired or badly signed
   */
  async verifiedClaims(token: string, issuer: string): Promise<JWTPayload | undefined> {
    if (!issuedBy(token, issuer)) return undefined;
    const key = this.#accepted.get(keyIdOf(token));
    if (!key) throw unauthorized();
    const options = { algorithms: ['ES256'], issuer, currentDate: new Date(this.#clock.now()) };
    const { payload } = await jwtVerify(token, key.key, options).catch(() => Promise.reject(unauthorized()));
    return payload;
  }

  async #verifyAnew(token: string): Promise<ServiceAccountClaims | undefined> {
    const payload = await this.verifiedClaims(token, this.issuer);
    if (!payload) return undefined;
    const claims = claimsOf(payload);
    if (this.#verified.size >= 10_000) this.#verified.clear();
    // A rotation may have come in between.
    if (this.#accepted.has(keyIdOf(token))) this.#verified.set(token, claims);
    return claims;
  }

  /** The public keys, as served at `/openid/v1/jwks`. */
  async jwks(): Promise<{ keys: JWK[] }> {
    const toJwk = async ({ id, key }: PublishedKey) => ({
      use: 'sig',
      kid: id,
      alg: 'ES256',
      ...(await exportJWK(key)),
    });
    return { keys: await Promise.all([...this.#accepted.values()].map(toJwk)) };
  }

  /** The document served at `/.well-known/openid-configuration`. */
  discoveryDocument(jwksUri: string): object {
    return {
      issuer: this.issuer,
      jwks_uri: jwksUri,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    };
  }
}

/** A key under the id that clients expect: the base64url SHA-256 of its DER. */
function published(key: KeyObject): PublishedKey {
  const der = key.export({ type: 'spki', format: 'der' });
  return { id: createHash('sha256').update(der).digest('base64url'), key };
}

function privateClaims({ namespace, serviceAccount, pod, secret, node }: TokenSubject): object {
  const identity = ({ name, uid }: ObjectIdentity) => ({ name, uid });
  return {
    namespace,
    ...(node && { node: identity(node) }),
    ...(pod && { pod: identity(pod) }),
    ...(secret && { secret: identity(secret) }),
    serviceaccount: identity(serviceAccount),
  };
}

/** Whether the token says so, unverified: tokens of others are for others to judge. */
function issuedBy(token: string, issuer: string): boolean {
  try {
    return decodeJwt(token).iss === issuer;
  } catch {
    return false;
  }
}

function keyIdOf(token: string): string {
  try {
    return decodeProtectedHeader(token).kid ?? '';
  } catch {
    return '';
  }
}

/** @throws ApiError Unauthorized when a claim is missing */
function claimsOf(payload: JWTPayload): ServiceAccountClaims {
  const own = payload['kubernetes.io'] as Record<string, any> | undefined;
  const account = identityOf(own?.['serviceaccount']);
  if (!account || typeof own?.['namespace'] !== 'string' || !payload.exp) throw unauthorized();
  const [pod, secret, node] = [identityOf(own['pod']), identityOf(own['secret']), identityOf(own['node'])];
  return {
    namespace: own['namespace'],
    serviceAccount: account,
    ...(pod && { pod }),
    ...(secret && { secret }),
    ...(node && { node }),
    audiences: [payload.aud ?? []].flat(),
    id: payload.jti ?? '',
    expires: payload.exp * 1000,
  };
}

function identityOf(value: unknown): ObjectIdentity | undefined {
  const { name, uid } = (value ?? {}) as Record<string, unknown>;
  return typeof name === 'string' && typeof uid === 'string' ? { name, uid } : undefined;
}

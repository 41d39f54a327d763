import type { JWTPayload } from 'jose';
import { unauthorized } from '../apimachinery/api-error.ts';
import type { ObjectIdentity, ServiceAccountTokenIssuer } from './tokens.ts';

/** Who issues the tokens that lie in secrets. */
const legacyIssuer = 'kubernetes/serviceaccount';
const claim = (name: string) => `kubernetes.io/serviceaccount/${name}`;
const claims = {
  namespace: claim('namespace'),
  secret: claim('secret.name'),
  name: claim('service-account.name'),
  uid: claim('service-account.uid'),
};

/** What a token of a secret says. */
export interface LegacyClaims {
  readonly namespace: string;
  /** The secret that holds the token. */
  readonly secret: string;
  readonly serviceAccount: ObjectIdentity;
}

/** Signs and reads the tokens of `kubernetes.io/service-account-token` secrets. They end with their secret only. */
export class LegacyTokens {
  readonly #issuer: ServiceAccountTokenIssuer;

  /** The keys are those of `issuer`. */
  constructor(issuer: ServiceAccountTokenIssuer) {
    this.#issuer = issuer;
  }

  sign({ namespace, secret, serviceAccount }: LegacyClaims): Promise<string> {
    const { name, uid } = serviceAccount;
    return this.#issuer.signClaims(legacyIssuer, subjectOf(namespace, name), {
      [claims.namespace]: namespace,
      [claims.secret]: secret,
      [claims.name]: name,
      [claims.uid]: uid,
    });
  }

  /**
   * What a token says; undefined when it is none of these.
   * @throws ApiError Unauthorized when it is badly signed or says too little
   */
  async verify(token: string): Promise<LegacyClaims | undefined> {
    const payload = await this.#issuer.verifiedClaims(token, legacyIssuer);
    return payload && claimsOf(payload);
  }
}

function claimsOf(payload: JWTPayload): LegacyClaims {
  const text = (name: string): string => {
    const value = payload[name];
    if (typeof value !== 'string' || value === '') throw unauthorized();
    return value;
  };
  const [namespace, name] = [text(claims.namespace), text(claims.name)];
  if (payload.sub !== subjectOf(namespace, name)) throw unauthorized();
  return { namespace, secret: text(claims.secret), serviceAccount: { name, uid: text(claims.uid) } };
}

function subjectOf(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

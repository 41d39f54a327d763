import { unauthorized } from '../../apimachinery/api-error.ts';
import type { AnyObject, ObjectName } from '../../apimachinery/object.ts';
import type { Clock } from '../../base/clock.ts';
import type { LegacyClaims, LegacyTokens } from '../legacy-tokens.ts';
import { authenticated, type UserInfo } from '../user.ts';
import type { TokenAuthenticator } from './bearer-token.ts';
import { serviceAccountUsername } from './service-account-token.ts';

/** Finds the secret that holds a token, and its service account. */
export type LegacyLookup = (plural: 'serviceaccounts' | 'secrets', name: ObjectName) => Promise<AnyObject | undefined>;

/** The secret's label that tells since when nobody may use its token any more. */
const invalidSince = 'kubernetes.io/legacy-token-invalid-since';

/** How long what was found about a token is believed, in milliseconds. */
const believeFor = 1000;

/**
 * Knows the tokens that lie in secrets. One is good as long as its secret holds it and its service account is there;
 * `lookup` is asked for both at most once a second, and `used` told of the secret.
 */
export function legacyServiceAccountTokenAuthenticator(
  tokens: LegacyTokens,
  lookup: LegacyLookup,
  clock: Clock,
  used: (secret: AnyObject) => void = () => {},
): TokenAuthenticator {
  const checked = new Map<string, { user: UserInfo; until: number }>();
  return {
    async authenticateToken(token) {
      const known = checked.get(token);
      if (known && known.until > clock.now()) return { user: known.user };
      checked.delete(token);
      const claims = looksLikeJwt(token) ? await tokens.verify(token) : undefined;
      if (!claims) return undefined;
      used(await checkedSecret(token, claims, lookup));
      const user = userOf(claims);
      if (checked.size >= 10_000) checked.clear();
      checked.set(token, { user, until: clock.now() + believeFor });
      return { user };
    },
  };
}

/** Three parts with dots between. */
function looksLikeJwt(token: string): boolean {
  const first = token.indexOf('.');
  return first > 0 && token.indexOf('.', first + 1) > 0;
}

/** The secret of a token that is still good. @throws ApiError Unauthorized when it is not */
async function checkedSecret(token: string, claims: LegacyClaims, lookup: LegacyLookup): Promise<AnyObject> {
  const { namespace, serviceAccount } = claims;
  const secret = await lookup('secrets', { namespace, name: claims.secret });
  if (!secret || secret.metadata.deletionTimestamp || secret.metadata.labels?.[invalidSince]) throw unauthorized();
  const data = secret['data'] as Record<string, string> | undefined;
  if (Buffer.from(data?.['token'] ?? '', 'base64').toString('latin1') !== token) throw unauthorized();
  const account = await lookup('serviceaccounts', { namespace, name: serviceAccount.name });
  const gone = !account || account.metadata.deletionTimestamp || account.metadata.uid !== serviceAccount.uid;
  if (gone) throw unauthorized();
  return secret;
}

function userOf({ namespace, serviceAccount }: LegacyClaims): UserInfo {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  return authenticated(serviceAccountUsername(namespace, serviceAccount.name), groups, { uid: serviceAccount.uid });
}

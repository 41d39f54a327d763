import type { Clock } from '../../base/clock.ts';
import { unauthorized } from '../../apimachinery/api-error.ts';
import type { ObjectMeta, ObjectName } from '../../apimachinery/object.ts';
import { defaultAudience, type ServiceAccountClaims, type ServiceAccountTokenIssuer } from '../tokens.ts';
import { authenticated, type UserInfo } from '../user.ts';
import type { TokenAuthenticator, TokenIdentity } from './bearer-token.ts';

/** Finds what a token is bound to, by the plural name of its kind in the core group. */
export type BoundObjectLookup = (
  plural: 'serviceaccounts' | 'pods' | 'secrets' | 'nodes',
  name: ObjectName,
) => Promise<Pick<ObjectMeta, 'uid' | 'deletionTimestamp'> | undefined>;

/** How long what was found about a token's objects is believed, in milliseconds. */
const believeFor = 1000;

/** How long a token works after its pod or service account was marked as deleted, in milliseconds. */
const deletionLeeway = 60_000;

interface Checked {
  identity: TokenIdentity;
  until: number;
}

/**
 * Knows the tokens of our service accounts. A token dies with its service account, and with the pod, secret or node it
 * is bound to: `lookup` is asked for them (for tokens meant for the API server at most once a second).
 */
export function serviceAccountTokenAuthenticator(
  issuer: ServiceAccountTokenIssuer,
  lookup: BoundObjectLookup,
  clock: Clock,
): TokenAuthenticator {
  const checked = new Map<string, Checked>();
  return {
    async authenticateToken(token, audiences = [defaultAudience]) {
      if (!looksLikeJwt(token)) return undefined; // cheaper than the error that parsing it would throw
      const own = audiences.length === 1 && audiences[0] === defaultAudience;
      const known = own ? checked.get(token) : undefined;
      if (known && known.until > clock.now()) return known.identity;
      checked.delete(token);
      const claims = await issuer.verify(token, audiences);
      if (!claims) return undefined;
      await checkBoundObjects(claims, lookup, clock.now());
      const identity = { user: userOf(claims), audiences: audiences.filter((a) => claims.audiences.includes(a)) };
      if (checked.size >= 10_000) checked.clear();
      const until = Math.min(clock.now() + believeFor, claims.expires);
      if (own) checked.set(token, { identity, until });
      return identity;
    },
  };
}

/** Three parts with dots between. */
function looksLikeJwt(token: string): boolean {
  const first = token.indexOf('.');
  return first > 0 && token.indexOf('.', first + 1) > 0;
}

async function checkBoundObjects(claims: ServiceAccountClaims, lookup: BoundObjectLookup, now: number): Promise<void> {
  const { namespace, serviceAccount, pod, secret, node } = claims;
  const check = async (plural: Parameters<BoundObjectLookup>[0], name: ObjectName, uid: string) => {
    const found = await lookup(plural, name);
    if (found?.uid !== uid) throw unauthorized();
    if (found.deletionTimestamp && Date.parse(found.deletionTimestamp) + deletionLeeway < now) throw unauthorized();
  };
  await check('serviceaccounts', { namespace, name: serviceAccount.name }, serviceAccount.uid);
  if (pod) await check('pods', { namespace, name: pod.name }, pod.uid);
  if (secret) await check('secrets', { namespace, name: secret.name }, secret.uid);
  // A pod's node is told for information; only a token bound to the node alone dies with it.
  if (node && !pod) await check('nodes', { name: node.name }, node.uid);
}

/** The user as upstream composes it, with what the token is bound to as extra. */
function userOf(claims: ServiceAccountClaims): UserInfo {
  const { namespace, serviceAccount, pod, node } = claims;
  const extra = {
    'authentication.kubernetes.io/credential-id': [`JTI=${claims.id}`],
    ...(pod && {
      'authentication.kubernetes.io/pod-name': [pod.name],
      'authentication.kubernetes.io/pod-uid': [pod.uid],
    }),
    ...(node && {
      'authentication.kubernetes.io/node-name': [node.name],
      'authentication.kubernetes.io/node-uid': [node.uid],
    }),
  };
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  const name = serviceAccountUsername(namespace, serviceAccount.name);
  return authenticated(name, groups, { uid: serviceAccount.uid, extra });
}

/** `system:serviceaccount:<namespace>:<name>` */
export function serviceAccountUsername(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

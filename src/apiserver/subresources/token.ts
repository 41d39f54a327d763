import { pod, type Pod } from '../../api/core-v1/pod.ts';
import type { TokenRequest } from '../../api/authentication-v1/token-request.ts';
import { badRequest, conflict, invalidObject, serviceUnavailable } from '../../apimachinery/api-error.ts';
import { invalid } from '../../apimachinery/field-error.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import { node } from '../../api/core-v1/node.ts';
import { secret } from '../../api/core-v1/secret.ts';
import { parseApiVersion, type ObjectMeta } from '../../apimachinery/object.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { defaultAudience, type TokenSubject } from '../../auth/tokens.ts';
import { readObject, type BodyTarget } from '../handlers/body.ts';
import { sendObject } from '../handlers/respond.ts';
import { writeOptions, type HandlerServices, type ResourceRequest } from '../handlers/services.ts';
import { get } from '../registry/get.ts';
import { admitPosted } from './admission.ts';
import { objectKey, type Registry, type Target, type WriteOptions } from '../registry/registry.ts';

const tokenRequest: BodyTarget = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  definition: 'io.k8s.api.authentication.v1.TokenRequest',
};
const defaultLifetime = 3600;
const shortest = 600;
const longest = 2 ** 32;
/** The lifetime by which the token of a pod's automatic volume is known, and how long such a token lives in truth. */
const automatic = 3607;
const extended = 365 * 24 * 3600;

type BoundObjectReference = NonNullable<NonNullable<TokenRequest['spec']>['boundObjectRef']>;
type Bound = Pick<TokenSubject, 'pod' | 'secret' | 'node'>;

/** POST of a TokenRequest: a signed token of the service account. */
export async function handleToken(services: HandlerServices, { exchange, target }: ResourceRequest): Promise<void> {
  const sent: TokenRequest = await readObject(services, exchange, tokenRequest);
  checkIdentity(target, sent);
  const { object: account } = await get(services.registry, target);
  const request = complete(sent, target, services.registry.clock.now());
  const options = writeOptions(exchange);
  const status = await admitPosted(services.registry, target, 'token', request, options, () =>
    issue(services, target, account.metadata, shortened(request, services.longestToken, options)),
  );
  sendObject(exchange, 201, { ...request, status });
}

/** @throws ApiError Invalid when the body names another account than the path */
function checkIdentity({ name, namespace }: Target, { metadata }: TokenRequest): void {
  const errors = [
    ...(metadata.name && metadata.name !== name
      ? [invalid('metadata.name', metadata.name, 'must match the service account name if specified')]
      : []),
    ...(metadata.namespace && metadata.namespace !== namespace
      ? [invalid('metadata.namespace', metadata.namespace, 'must match the service account namespace if specified')]
      : []),
  ];
  if (errors.length > 0) throw invalidObject(tokenRequest, name, errors);
}

/** The request with what was left out. @throws ApiError Invalid for a lifetime that is too short or too long */
function complete({ status: _status, ...sent }: TokenRequest, { name, namespace }: Target, now: number): TokenRequest {
  const { audiences, expirationSeconds = defaultLifetime, boundObjectRef } = sent.spec ?? {};
  checkLifetime(expirationSeconds);
  return {
    ...sent,
    metadata: { ...sent.metadata, name, namespace, creationTimestamp: formatTime(now) },
    spec: {
      audiences: audiences?.length ? audiences : [defaultAudience],
      expirationSeconds,
      ...(boundObjectRef && { boundObjectRef }),
    },
  };
}

/** Tells whoever asks for a longer life than there is that it will be shorter. */
function shortened(request: TokenRequest, longestToken: number | undefined, options: WriteOptions): TokenRequest {
  const { spec } = request;
  const asked = spec?.expirationSeconds ?? 0;
  if (spec && longestToken !== undefined && asked > longestToken) {
    options.warn?.(`requested expiration of ${asked} seconds shortened to ${longestToken} seconds`);
    spec.expirationSeconds = longestToken;
  }
  return request;
}

async function issue(
  { registry, issueToken, longestToken = extended }: HandlerServices,
  { namespace, name }: Target,
  { uid }: ObjectMeta,
  { spec }: TokenRequest,
): Promise<object> {
  const { audiences, expirationSeconds = defaultLifetime, boundObjectRef } = spec ?? {};
  const bound = boundObjectRef ? await findBound(registry, namespace, name, boundObjectRef) : {};
  if (!issueToken) throw serviceUnavailable('this server issues no tokens: it has no signing key');
  const forServer = audiences?.every((audience) => audience === defaultAudience) ?? true;
  const isExtended = bound.pod && forServer && expirationSeconds === automatic;
  const extendedSeconds = isExtended ? Math.min(extended, longestToken) : undefined;
  const subject = { namespace, serviceAccount: { name, uid }, ...bound, audiences, expirationSeconds };
  return issueToken({ ...subject, extendedSeconds });
}

function checkLifetime(seconds: number): void {
  if (seconds >= shortest && seconds <= longest) return;
  const rule =
    seconds < shortest
      ? 'may not specify a duration less than 10 minutes'
      : 'may not specify a duration larger than 2^32 seconds';
  throw invalidObject(tokenRequest, '', [invalid('spec.expirationSeconds', seconds, rule)]);
}

/** The object that the token dies with. @throws ApiError when there is no such object, or it is another's */
async function findBound(
  registry: Registry,
  namespace: string,
  account: string,
  ref: BoundObjectReference,
): Promise<Bound> {
  const { kind = '', name = '', uid } = ref;
  const { group, version } = parseApiVersion(ref.apiVersion ?? '');
  const kinds: Readonly<Record<string, Kind<any>>> = { Pod: pod, Secret: secret, Node: node };
  const bound = group === '' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (!bound) throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`);
  const { object } = await get(registry, { kind: bound, namespace: bound.namespaced ? namespace : '', name });
  if (kind === 'Pod' && (object as Pod).spec?.serviceAccountName !== account) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`,
    );
  }
  if (uid && uid !== object.metadata.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group, plural: kind }, name, why);
  }
  const identity = { name, uid: object.metadata.uid };
  if (kind !== 'Pod') return kind === 'Secret' ? { secret: identity } : { node: identity };
  const { nodeName } = (object as Pod).spec ?? {};
  return { pod: identity, ...(nodeName && { node: await nodeIdentity(registry, nodeName) }) };
}

async function nodeIdentity(registry: Registry, name: string): Promise<{ name: string; uid: string }> {
  const entry = await registry.storage.get(objectKey({ kind: node, namespace: '', name }), { atLeast: 0 });
  return { name, uid: entry?.object.metadata.uid ?? '' };
}

import { pod, type Pod } from '../../api/core-v1/pod.ts';
import type { TokenRequest } from '../../api/authentication-v1/token-request.ts';
import { badRequest, conflict, invalidObject, serviceUnavailable } from '../../apimachinery/api-error.ts';
import { invalid } from '../../apimachinery/field-error.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import { node } from '../../api/core-v1/node.ts';
import { secret } from '../../api/core-v1/secret.ts';
import { formatTime } from '../../apimachinery/time.ts';
import type { TokenSubject } from '../../auth/tokens.ts';
import { readObject, type BodyTarget } from '../handlers/body.ts';
import { sendObject } from '../handlers/respond.ts';
import type { HandlerServices, ResourceRequest } from '../handlers/services.ts';
import { get } from '../registry/get.ts';
import type { Registry } from '../registry/registry.ts';

const tokenRequest: BodyTarget = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  definition: 'io.k8s.api.authentication.v1.TokenRequest',
};
const defaultLifetime = 3600;
const shortest = 600;
const longest = 2 ** 32;

type BoundObjectReference = NonNullable<NonNullable<TokenRequest['spec']>['boundObjectRef']>;
type Bound = Pick<TokenSubject, 'pod' | 'secret' | 'node'>;

/** POST of a TokenRequest: a signed token of the service account. */
export async function handleToken(services: HandlerServices, { exchange, target }: ResourceRequest): Promise<void> {
  const sent = (await readObject(services, exchange, tokenRequest)) as unknown as TokenRequest;
  const { object: account } = await get(services.registry, target);
  if (!services.issueToken) throw serviceUnavailable('this server issues no tokens: it has no signing key');
  const { audiences, expirationSeconds = defaultLifetime, boundObjectRef } = sent.spec ?? {};
  checkLifetime(target.name, expirationSeconds);
  const bound = boundObjectRef ? await findBound(services.registry, target.namespace, target.name, boundObjectRef) : {};
  const status = await services.issueToken({
    namespace: target.namespace,
    serviceAccount: { name: account.metadata.name, uid: account.metadata.uid },
    ...bound,
    audiences,
    expirationSeconds,
  });
  const metadata = {
    name: target.name,
    namespace: target.namespace,
    creationTimestamp: formatTime(services.registry.clock.now()),
  };
  sendObject(exchange, 201, { ...sent, metadata, spec: { ...sent.spec, expirationSeconds }, status });
}

function checkLifetime(name: string, seconds: number): void {
  const rule =
    seconds < shortest
      ? 'may not specify a duration less than 10 minutes'
      : 'may not specify a duration larger than 2^32 seconds';
  if (seconds >= shortest && seconds <= longest) return;
  throw invalidObject(tokenRequest, name, [invalid('spec.expirationSeconds', seconds, rule)]);
}

/** The object that the token dies with. @throws ApiError when there is no such object, or it is another's */
async function findBound(
  registry: Registry,
  namespace: string,
  account: string,
  ref: BoundObjectReference,
): Promise<Bound> {
  const { kind = '', name = '', uid } = ref;
  const kinds: Readonly<Record<string, Kind<any>>> = { Pod: pod, Secret: secret, Node: node };
  const bound = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (!bound) throw badRequest(`cannot bind token to object of type ${JSON.stringify(kind)}: use Pod, Secret or Node`);
  const { object } = await get(registry, { kind: bound, namespace: bound.namespaced ? namespace : '', name });
  if (uid && uid !== object.metadata.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict(bound, name, why);
  }
  const identity = { name, uid: object.metadata.uid };
  if (kind !== 'Pod') return kind === 'Secret' ? { secret: identity } : { node: identity };
  const { serviceAccountName, nodeName } = (object as Pod).spec ?? {};
  if (serviceAccountName !== account)
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`,
    );
  return { pod: identity, ...(nodeName && { node: await nodeIdentity(registry, nodeName) }) };
}

async function nodeIdentity(registry: Registry, name: string): Promise<{ name: string; uid: string }> {
  const entry = await registry.storage.get(`/registry/core/nodes/${name}`, { atLeast: 0 });
  return { name, uid: entry?.object.metadata.uid ?? '' };
}

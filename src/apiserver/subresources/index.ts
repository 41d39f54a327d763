import { node } from '../../api/core-v1/node.ts';
import { pod } from '../../api/core-v1/pod.ts';
import { service } from '../../api/core-v1/service.ts';
import { serviceAccount } from '../../api/core-v1/service-account.ts';
import { gvkKey, type Kind, type Subresource } from '../../apimachinery/kind.ts';
import type { VerbHandler } from '../handlers/services.ts';
import { bindingKind } from './binding.ts';
import type { AnsweredKind, ConnectSubresource } from './connect.ts';
import { handleEviction } from './eviction/eviction.ts';
import { handleLog } from './log.ts';
import { handleNodeProxy, handlePodProxy, handleServiceProxy } from './proxy/proxy.ts';
import { reviews } from './reviews.ts';
import { handleAttach, handleExec, handlePortForward } from './streams.ts';
import { handleToken } from './token.ts';

/** Every subresource that needs code of its own. */
const connectSubresources: readonly ConnectSubresource[] = [
  { kind: pod, name: 'log', handle: handleLog },
  { kind: pod, name: 'exec', handle: handleExec },
  { kind: pod, name: 'attach', handle: handleAttach },
  { kind: pod, name: 'portforward', handle: handlePortForward },
  { kind: pod, name: 'proxy', handle: handlePodProxy, furtherMethods: ['HEAD', 'OPTIONS'] },
  { kind: service, name: 'proxy', handle: handleServiceProxy, furtherMethods: ['HEAD', 'OPTIONS'] },
  { kind: node, name: 'proxy', handle: handleNodeProxy, furtherMethods: ['HEAD', 'OPTIONS'] },
  { kind: pod, name: 'eviction', handle: handleEviction },
  { kind: serviceAccount, name: 'token', handle: handleToken },
];

/** Every kind whose create is answered instead of stored. */
const answeredKinds: readonly AnsweredKind[] = [bindingKind, ...reviews];

const connectByName = new Map(connectSubresources.map((s) => [`${gvkKey(s.kind)}/${s.name}`, s]));
const answeredByKind = new Map(answeredKinds.map((a) => [gvkKey(a.kind), a.handle]));

/** The code of a connect subresource, if there is any for the verb and the HTTP method that it comes from. */
export function connectHandler(
  kind: Kind,
  { name, verbs }: Subresource,
  verb: string,
  method: string,
): VerbHandler | undefined {
  const found = connectByName.get(`${gvkKey(kind)}/${name}`);
  const takes = found?.furtherMethods?.includes(method) || (verbs.includes(verb) && method !== 'HEAD');
  return takes ? found?.handle : undefined;
}

/** The code that answers a create of this kind, if it is not stored. */
export function answerHandler(kind: Kind): VerbHandler | undefined {
  return answeredByKind.get(gvkKey(kind));
}

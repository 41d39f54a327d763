import { binding } from '../../api/core-v1/binding.ts';
import { pod } from '../../api/core-v1/pod.ts';
import { badRequest } from '../../apimachinery/api-error.ts';
import type { Kind, Subresource } from '../../apimachinery/kind.ts';
import { readObject } from '../handlers/body.ts';
import { checkNamespace } from '../handlers/names.ts';
import { sendObject, successStatus } from '../handlers/respond.ts';
import { writeOptions, type HandlerServices, type ResourceRequest } from '../handlers/services.ts';
import { postThroughLens } from '../registry/post.ts';
import type { AnsweredKind } from './connect.ts';

const podBinding = pod.subresources.find((s) => s.name === 'binding') as unknown as Subresource;

/** POST of a Binding to the collection `bindings`: the older way to reach a pod's `binding` subresource. */
async function handleBinding(services: HandlerServices, { exchange, target }: ResourceRequest): Promise<void> {
  const sent = await readObject(services, exchange, binding);
  checkNamespace(target, sent);
  if (!sent.metadata.name) throw badRequest('metadata.name is needed: it says which pod is to be bound');
  const bound = { kind: pod as unknown as Kind, namespace: target.namespace, name: sent.metadata.name };
  await postThroughLens(services.registry, bound, podBinding, sent, writeOptions(exchange));
  sendObject(exchange, 201, { ...successStatus(), code: 201 });
}

export const bindingKind: AnsweredKind = { kind: binding, handle: handleBinding };

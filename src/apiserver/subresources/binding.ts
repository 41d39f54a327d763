import { binding } from '../../api/core-v1/binding.ts';
import { pod } from '../../api/core-v1/pod.ts';
import { badRequest } from '../../apimachinery/api-error.ts';
import { readObject } from '../handlers/body.ts';
import { checkNamespace } from '../handlers/names.ts';
import { sendObject, successStatus } from '../handlers/respond.ts';
import { writeOptions, type HandlerServices, type ResourceRequest } from '../handlers/services.ts';
import { copyJson } from '../../apimachinery/json-value.ts';
import { applyLens } from '../registry/lens.ts';
import { update } from '../registry/update.ts';
import type { AnsweredKind } from './connect.ts';

const podBinding = pod.subresources.find((s) => s.name === 'binding')!;

/** POST of a Binding to the collection `bindings`: the older way to reach a pod's `binding` subresource. */
async function handleBinding(services: HandlerServices, { exchange, target }: ResourceRequest): Promise<void> {
  const sent = await readObject(services, exchange, binding);
  checkNamespace(target, sent);
  if (!sent.metadata.name) throw badRequest('metadata.name is needed: it says which pod is to be bound');
  await update(services.registry, {
    kind: pod,
    namespace: target.namespace,
    name: sent.metadata.name,
    options: writeOptions(exchange),
    subresource: podBinding,
    produce: (current, context) => applyLens(podBinding, current, copyJson(sent), context),
  });
  sendObject(exchange, 201, { ...successStatus(), code: 201 });
}

export const bindingKind: AnsweredKind = { kind: binding, handle: handleBinding };

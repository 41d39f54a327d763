import { sendEntry } from '../output/output.ts';
import { lensTarget } from '../registry/lens.ts';
import { postThroughLens } from '../registry/post.ts';
import { create } from '../registry/create.ts';
import { readObject } from './body.ts';
import { checkNamespace } from './names.ts';
import { sendObject, successStatus } from './respond.ts';
import { writeOptions, type HandlerServices, type ResourceRequest } from './services.ts';

/** POST to a collection: answers with the new object and 201. */
export async function handleCreate(services: HandlerServices, { exchange, target }: ResourceRequest): Promise<void> {
  const object = await readObject(services, exchange, target.kind);
  checkNamespace(target, object);
  const entry = await create(services.registry, target, object, writeOptions(exchange));
  return sendEntry(exchange, target.kind, entry, services.registry.clock, 201);
}

/** POST to a subresource that is a lens (a binding): the change is made, and there is nothing to show. */
export async function handleCreateThroughLens(services: HandlerServices, request: ResourceRequest): Promise<void> {
  const { exchange, target, subresource } = request;
  const sent = await readObject(services, exchange, lensTarget(target.kind, subresource));
  checkNamespace(target, sent);
  await postThroughLens(services.registry, target, subresource!, sent, writeOptions(exchange));
  sendObject(exchange, 201, { ...successStatus(), code: 201 });
}

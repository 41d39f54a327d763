import { conflict } from '../../apimachinery/api-error.ts';
import type { AnyObject } from '../../apimachinery/object.ts';
import { sendThroughLens } from '../output/subresource.ts';
import { copyJson } from '../../apimachinery/json-value.ts';
import { applyLens, lensTarget } from '../registry/lens.ts';
import { update, type Updated } from '../registry/update.ts';
import { readObject } from './body.ts';
import { requireCreate } from './create-permission.ts';
import { checkName } from './names.ts';
import { writeOptions, type HandlerServices, type ResourceRequest } from './services.ts';

/** PUT of one object, or of one of its subresources. */
export async function handleUpdate(services: HandlerServices, request: ResourceRequest): Promise<void> {
  const { exchange, target, subresource } = request;
  const sent = await readObject(services, exchange, lensTarget(target.kind, subresource));
  checkName(target, sent);
  const updated = await update(services.registry, {
    ...target,
    options: writeOptions(exchange),
    subresource,
    produce: (current, context) => applyLens(subresource, current, copyJson(sent), context),
    keepsCurrent: !subresource,
    ...(!subresource &&
      target.kind.createOnUpdate && {
        createNew: async () => {
          await requireCreate(services, exchange);
          return newObject(request, sent);
        },
      }),
  });
  return sendUpdated(services, request, updated);
}

/** What a PUT creates. It cannot be meant for an object that is there, but the version of one says nothing. */
function newObject({ target: { kind, name } }: ResourceRequest, sent: AnyObject): AnyObject {
  const object = copyJson(sent);
  const { uid } = object.metadata;
  if (uid) throw conflict(kind, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: `);
  delete (object.metadata as Partial<AnyObject['metadata']>).resourceVersion;
  return object;
}

/** Answers with the object after the change, seen as the caller sees it. */
export function sendUpdated(
  { registry }: HandlerServices,
  request: ResourceRequest,
  { entry, created }: Updated,
): void | Promise<void> {
  const { exchange, target, subresource } = request;
  return sendThroughLens(exchange, target.kind, subresource, entry, registry.clock, created ? 201 : 200);
}

import { undo } from '../../admission/chain.ts';
import type { Subresource } from '../../apimachinery/kind.ts';
import { copyJson } from '../../apimachinery/json-value.ts';
import type { AnyObject } from '../../apimachinery/object.ts';
import { applyLens } from './lens.ts';
import { admissionRequest, type Registry, type Target, type WriteOptions } from './registry.ts';
import { update, type Updated } from './update.ts';

/**
 * Has admission judge something that is posted to a subresource (a binding, an eviction): it is a CREATE of what was
 * sent, which may be changed. `carryOut` does it; when it fails, so does the request.
 * @throws ApiError what admission says
 */
export async function admitPosted<T>(
  registry: Registry,
  target: Target,
  subresource: string,
  sent: AnyObject,
  options: WriteOptions,
  carryOut: () => Promise<T>,
): Promise<T> {
  const request = admissionRequest('CREATE', target, options, { subresource, object: sent });
  await registry.admission.admit(request);
  await registry.admission.validate(request);
  try {
    return await carryOut();
  } catch (error) {
    await undo(request);
    throw error;
  }
}

/** Changes an object by what is posted to a subresource that is a lens. */
export function postThroughLens(
  registry: Registry,
  target: Target,
  subresource: Subresource,
  sent: AnyObject,
  options: WriteOptions,
): Promise<Updated> {
  return admitPosted(registry, target, subresource.name, sent, options, () =>
    update(registry, {
      ...target,
      options,
      subresource,
      admitted: true,
      produce: (current, context) => applyLens(subresource, current, copyJson(sent), context),
    }),
  );
}

/** Has admission judge a connection to an object, made with `connectOptions` (their kind, and the query as fields). */
export async function admitConnect(
  registry: Registry,
  target: Target,
  subresource: string,
  connectOptions: AnyObject,
  options: WriteOptions,
): Promise<void> {
  const request = admissionRequest('CONNECT', target, options, { subresource, object: connectOptions });
  await registry.admission.admit(request);
  await registry.admission.validate(request);
}

import { undo } from '../../admission/chain.ts';
import type { Subresource } from '../../apimachinery/kind.ts';
import { copyJson } from '../../apimachinery/json-value.ts';
import type { AnyObject } from '../../apimachinery/object.ts';
import { applyLens } from './lens.ts';
import { admissionRequest, type Registry, type Target, type WriteOptions } from './registry.ts';
import { update, type Updated } from './update.ts';

/**
 * Changes an object by what is posted to a subresource that is a lens (a binding). For admission it is a CREATE of what
 * was sent, which plugins may change, and not an UPDATE of the object.
 * @throws ApiError what admission says, and what `update` does
 */
export async function postThroughLens(
  registry: Registry,
  target: Target,
  subresource: Subresource,
  sent: AnyObject,
  options: WriteOptions,
): Promise<Updated> {
  const request = admissionRequest('CREATE', target, options, { subresource: subresource.name, object: sent });
  await registry.admission.admit(request);
  await registry.admission.validate(request);
  const produce: Parameters<typeof update>[1]['produce'] = (current, context) =>
    applyLens(subresource, current, copyJson(sent), context);
  try {
    return await update(registry, { ...target, options, subresource, admitted: true, produce });
  } catch (error) {
    await undo(request);
    throw error;
  }
}

import { badRequest, invalidObject } from '../../apimachinery/api-error.ts';
import { invalid } from '../../apimachinery/field-error.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import type { AnyObject, KubeObject } from '../../apimachinery/object.ts';
import type { Target } from '../registry/registry.ts';

/** A new object may leave its namespace out, but may not name another one than the path. */
export function checkNamespace({ kind, namespace }: Target, { metadata }: AnyObject): void {
  if (!kind.namespaced || !metadata.namespace || metadata.namespace === namespace) return;
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** An object that is sent to its own path must have that name. @throws ApiError BadRequest */
export function checkName({ kind, namespace, name }: Target, { metadata }: AnyObject): void {
  if (!metadata.name)
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  if (kind.namespaced && metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest(
      `the namespace of the object (${metadata.namespace}) does not match the namespace on the request (${namespace})`,
    );
  }
}

/** What is patched must stay the same object. @throws ApiError Invalid */
export function checkUid(kind: Kind, { metadata }: KubeObject, old: KubeObject): void {
  if (!metadata.uid || metadata.uid === old.metadata.uid) return;
  throw invalidObject(kind, old.metadata.name, [invalid('metadata.uid', metadata.uid, 'field is immutable')]);
}

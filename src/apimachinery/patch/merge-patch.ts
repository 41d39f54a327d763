import { badRequest } from '../api-error.ts';
import { copyJson, isJsonObject, type JsonObject } from '../json-value.ts';

/**
 * Applies an RFC 7396 patch and returns the new document, which shares nothing with the arguments.
 * @throws ApiError BadRequest when the patch is not an object
 */
export function applyMergePatch<T>(document: T, patch: unknown): T {
  if (!isJsonObject(patch)) throw badRequest('error decoding patch: a merge patch must be an object');
  const copy: unknown = copyJson(document);
  return merge(isJsonObject(copy) ? copy : {}, patch) as T;
}

/** Changes `target`, which is ours. */
function merge(target: JsonObject, patch: JsonObject): JsonObject {
  for (const [key, value] of Object.entries(patch)) {
    if (key === '__proto__') continue;
    const old = Object.hasOwn(target, key) ? target[key] : undefined;
    if (value === null) delete target[key];
    else if (isJsonObject(value)) target[key] = merge(isJsonObject(old) ? old : {}, value);
    else target[key] = copyJson(value);
  }
  return target;
}

import { badRequest, notFound } from '../../apimachinery/api-error.ts';
import type { Entry, Freshness } from '../../storage/storage.ts';
import { storageFor } from './converting-storage.ts';
import { computedEntries, isComputed } from './computed.ts';
import { objectKey, type Registry, type Target } from './registry.ts';

/** The stored object. @throws ApiError NotFound, BadRequest for a version that is none, Timeout for one that does not come */
export async function get(registry: Registry, target: Target, resourceVersion?: string | null): Promise<Entry> {
  const freshness: Freshness = resourceVersion ? { atLeast: parseResourceVersion(resourceVersion) } : undefined;
  const key = objectKey(target);
  const entry = isComputed(registry, target)
    ? (await computedEntries(registry, target)).find((one) => one.key === key)
    : await storageFor(registry.storage, target.kind).get(key, freshness);
  if (!entry) throw notFound(target.kind, target.name);
  return entry;
}

/** @throws ApiError BadRequest when it is no revision */
export function parseResourceVersion(text: string): number {
  const revision = /^[0-9]{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(revision)) {
    throw badRequest(
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return revision;
}

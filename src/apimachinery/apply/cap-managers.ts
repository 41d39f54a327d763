import { union } from './field-set.ts';
import { compareEntries, type ManagedFields, type ManagedFieldsEntry } from './managed-fields.ts';

/** How many updaters are kept apart, and who stands for the oldest of them after that. */
const MOST_UPDATERS = 10;
const ANCIENT = 'ancient-changes';

/** The entries with the oldest updaters merged, version by version, when there are too many. */
export function capManagers(entries: ManagedFields): ManagedFields {
  const updaters = entries.filter((entry) => entry.operation === 'Update').sort(compareEntries);
  let excess = updaters.length - MOST_UPDATERS;
  if (excess <= 0) return entries;
  const kept = new Set(entries);
  const buckets = new Map<string, ManagedFieldsEntry>();
  for (const entry of updaters) {
    if (excess <= 0) break;
    const bucket = buckets.get(entry.apiVersion);
    if (bucket) {
      kept.delete(bucket);
      excess--;
    }
    kept.delete(entry);
    const merged = bucket ? mergeInto(bucket, entry) : entry;
    kept.add(merged);
    buckets.set(entry.apiVersion, merged);
  }
  return [...kept];
}

function mergeInto(bucket: ManagedFieldsEntry, entry: ManagedFieldsEntry): ManagedFieldsEntry {
  const { subresource: _subresource, ...rest } = entry;
  return { ...rest, manager: ANCIENT, fieldsV1: union(bucket.fieldsV1, entry.fieldsV1) };
}

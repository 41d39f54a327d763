import { KeyNotFound, type Entry, type Update } from '../../storage/storage.ts';
import type { ObjectStorage } from './converting-storage.ts';
import { unstored } from './registry.ts';

/** What `storage.update` would answer: everything is decided, nothing is stored. @throws KeyNotFound, or what `change` throws */
export async function dryRun(
  storage: ObjectStorage,
  key: string,
  change: (current: Entry) => Promise<Update>,
): Promise<Entry> {
  const current = await storage.get(key);
  if (!current) throw new KeyNotFound(key);
  const outcome = await change(current);
  return typeof outcome === 'string' ? current : unstored(key, current.revision, outcome.store);
}

import { deletedEntry } from '../entry.ts';
import type { Entry, StorageEvent } from '../storage.ts';

/**
 * The events that lead from `known` to `listed`, the state at `revision`, in order of revision. What happened in
 * between to one key shows as one event; when a delete happened cannot be told, so deletes come last.
 */
export function difference(
  known: { keys(): Iterable<string>; get(key: string): Entry | undefined },
  listed: ReadonlyMap<string, Entry>,
  revision: number,
): StorageEvent[] {
  const events: StorageEvent[] = [];
  for (const [key, entry] of listed) {
    const previous = known.get(key);
    if (previous?.revision === entry.revision) continue;
    events.push({ type: previous ? 'update' : 'create', entry, previous, revision: entry.revision });
  }
  events.sort((a, b) => a.revision - b.revision);
  for (const key of known.keys()) {
    if (listed.has(key)) continue;
    const previous = known.get(key)!;
    events.push({ type: 'delete', entry: deletedEntry(previous, revision), previous, revision });
  }
  return events;
}

import type { Entry, ListResult } from '../../storage/storage.ts';
import { extensionOf, objectKey, unstored, type Registry, type Target } from './registry.ts';

/** Whether objects of this kind are not stored but made up when somebody asks. */
export function isComputed(registry: Registry, { kind }: Target): boolean {
  return extensionOf(registry, kind)?.computed !== undefined;
}

/** Those objects, as if they had been read from the store. */
export async function computedEntries(registry: Registry, target: Target): Promise<Entry[]> {
  const objects = (await extensionOf(registry, target.kind)?.computed?.(target)) ?? [];
  return objects.map((object) => {
    const { namespace = target.namespace, name } = object.metadata;
    return unstored(objectKey({ ...target, namespace, name }), 0, object);
  });
}

/** The same as a list of those that `match`. */
export async function computedList(
  registry: Registry,
  target: Target,
  match: ((object: Entry['object']) => boolean) | undefined,
): Promise<ListResult> {
  const entries = await computedEntries(registry, target);
  return { entries: match ? entries.filter((entry) => match(entry.object)) : entries, revision: 0 };
}

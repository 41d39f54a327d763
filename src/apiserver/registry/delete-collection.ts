import { isApiError } from '../../apimachinery/api-error.ts';
import type { Entry } from '../../storage/storage.ts';
import { remove, type DeleteOptions } from './delete.ts';
import { list, type ListQuery } from './list.ts';
import type { Registry, Target, WriteOptions } from './registry.ts';

/** How many objects are deleted at a time. */
const workers = 8;

/** Deletes every object that the query selects; those that go meanwhile by themselves are all right. */
export async function removeCollection(
  registry: Registry,
  target: Target,
  query: ListQuery,
  how: DeleteOptions,
  options: WriteOptions,
): Promise<{ entries: Entry[]; revision: number }> {
  const { entries, revision } = await list(registry, target, query);
  const deleted: Entry[] = [];
  const queue = entries[Symbol.iterator]();
  const work = async () => {
    for (const { object } of queue) {
      const { name, namespace = '' } = object.metadata;
      try {
        deleted.push((await remove(registry, { kind: target.kind, namespace, name }, how, options)).entry);
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return { entries: deleted, revision };
}

import { isApiError } from '../../apimachinery/api-error.ts';
import type { ListResult } from '../../storage/storage.ts';
import { remove, type DeleteOptions } from './delete.ts';
import { list, type ListQuery } from './list.ts';
import type { Registry, Target, WriteOptions } from './registry.ts';

/** How many objects are deleted at a time. */
const workers = 8;

/**
 * Deletes every object that the query selects; those that go meanwhile by themselves are all right.
 * @returns what was there to be deleted
 */
export async function removeCollection(
  registry: Registry,
  target: Target,
  query: ListQuery,
  how: DeleteOptions,
  options: WriteOptions,
): Promise<ListResult> {
  const listed = await list(registry, target, query);
  const queue = listed.entries[Symbol.iterator]();
  const work = async () => {
    for (const { object } of queue) {
      const { name, namespace = '' } = object.metadata;
      try {
        await remove(registry, { kind: target.kind, namespace, name }, how, options);
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return listed;
}

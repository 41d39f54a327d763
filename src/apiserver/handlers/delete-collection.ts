import { sendList } from '../output/output.ts';
import { removeCollection } from '../registry/delete-collection.ts';
import { readDeleteOptions } from './delete.ts';
import { listQuery } from './list.ts';
import { writeOptions, type HandlerServices, type ResourceRequest } from './services.ts';

/** DELETE of a collection: answers with the list of what was deleted. */
export async function handleDeleteCollection(
  { registry }: HandlerServices,
  { exchange, target }: ResourceRequest,
): Promise<void> {
  const { how, dryRun } = await readDeleteOptions(exchange);
  const options = writeOptions(exchange);
  const deleted = await removeCollection(registry, target, listQuery(exchange), how, {
    ...options,
    dryRun: options.dryRun || dryRun,
  });
  sendList(exchange, target.kind, deleted, registry.clock);
}

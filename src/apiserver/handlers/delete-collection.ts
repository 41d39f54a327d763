import { sendList } from '../output/output.ts';
import { removeCollection } from '../registry/delete-collection.ts';
import { readDeleteOptions } from './delete-options.ts';
import { listQuery } from './list.ts';
import type { HandlerServices, ResourceRequest } from './services.ts';

/** DELETE of a collection: answers with the list of what was deleted, as it was before. */
export async function handleDeleteCollection(
  services: HandlerServices,
  { exchange, target }: ResourceRequest,
): Promise<void> {
  const { how, dryRun } = await readDeleteOptions(services, exchange);
  const options = { user: exchange.user, dryRun };
  const deleted = await removeCollection(services.registry, target, listQuery(exchange), how, options);
  return sendList(exchange, target.kind, deleted, services.registry.clock);
}

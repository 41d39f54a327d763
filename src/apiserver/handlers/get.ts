import { sendEntry } from '../output/output.ts';
import { get } from '../registry/get.ts';
import { throughLens } from '../registry/lens.ts';
import { sendObject } from './respond.ts';
import type { HandlerServices, ResourceRequest } from './services.ts';

/** GET of one object, or of one of its subresources. */
export async function handleGet(
  { registry }: HandlerServices,
  { exchange, target, subresource }: ResourceRequest,
): Promise<void> {
  const entry = await get(registry, target, exchange.query.get('resourceVersion'));
  if (subresource?.get) return sendObject(exchange, 200, throughLens(subresource, entry.object));
  return sendEntry(exchange, target.kind, entry, registry.clock);
}

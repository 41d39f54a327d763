import type { Exchange } from '../exchange/exchange.ts';
import { sendList } from '../output/output.ts';
import { list, parseInteger, type ListQuery } from '../registry/list.ts';
import type { HandlerServices, ResourceRequest } from './services.ts';

/** GET of a collection: one page of it, or all. */
export async function handleList({ registry }: HandlerServices, { exchange, target }: ResourceRequest): Promise<void> {
  parseInteger(exchange.query.get('timeoutSeconds')); // of no consequence for a list, but it must be a number
  return sendList(exchange, target.kind, await list(registry, target, listQuery(exchange)), registry.clock);
}

/** The parameters that say what to list. */
export function listQuery({ query }: Exchange): ListQuery {
  return {
    labelSelector: query.get('labelSelector'),
    fieldSelector: query.get('fieldSelector'),
    resourceVersion: query.get('resourceVersion'),
    resourceVersionMatch: query.get('resourceVersionMatch'),
    limit: query.get('limit'),
    continue: query.get('continue'),
    sendInitialEvents: query.get('sendInitialEvents'),
  };
}

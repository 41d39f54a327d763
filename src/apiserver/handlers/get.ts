import { isApiError, notFound } from '../../apimachinery/api-error.ts';
import { sendThroughLens } from '../output/subresource.ts';
import { get } from '../registry/get.ts';
import type { HandlerServices, ResourceRequest } from './services.ts';

/** GET of one object, or of one of its subresources. */
export async function handleGet(
  { registry }: HandlerServices,
  { exchange, target, subresource }: ResourceRequest,
): Promise<void> {
  const entry = await get(registry, target, exchange.query.get('resourceVersion')).catch((error: unknown) => {
    const { missingAs } = subresource ?? {};
    throw missingAs && isApiError(error, 'NotFound') ? notFound(missingAs, target.name) : error;
  });
  return sendThroughLens(exchange, target.kind, subresource, entry, registry.clock);
}

import type { Kind, Subresource } from '../../apimachinery/kind.ts';
import type { Clock } from '../../base/clock.ts';
import type { Entry } from '../../storage/storage.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { sendObject } from '../handlers/respond.ts';
import { throughLens } from '../registry/lens.ts';
import { unstored } from '../registry/registry.ts';
import { sendEntry } from './output.ts';

/** Sends what a subresource (or none) shows of a stored object, in the form the client asks for. */
export function sendThroughLens(
  exchange: Exchange,
  kind: Kind,
  subresource: Subresource | undefined,
  entry: Entry,
  clock: Clock,
  status = 200,
): void | Promise<void> {
  if (!subresource?.get) return sendEntry(exchange, kind, entry, clock, status);
  const shown = throughLens(subresource, entry.object);
  if (!subresource.view) return sendObject(exchange, status, shown);
  return sendEntry(exchange, subresource.view, unstored(entry.key, entry.revision, shown), clock, status);
}

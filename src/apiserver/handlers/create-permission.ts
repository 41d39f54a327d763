import type { Exchange } from '../exchange/exchange.ts';
import { refusal } from '../filters/authorization.ts';
import type { HandlerServices } from './services.ts';

/** To be asked when a write to an object that is missing makes it. Who may patch it need not be allowed to create it. */
export async function requireCreate({ authorizer }: HandlerServices, exchange: Exchange): Promise<void> {
  const attributes = { ...exchange.info, verb: 'create' };
  const { allowed, reason } = await authorizer.authorize(exchange.user, attributes);
  if (!allowed) throw refusal(exchange.user, attributes, reason);
}

import { runtimeClass } from '../api/node-v1/runtime-class.ts';
import type { Client } from '../client/client.ts';

/**
 * What is to run the pods of a RuntimeClass; undefined is what the engine takes by itself.
 * @param handlers those that the engine knows; undefined: it takes anything, as simulated ones do
 * @throws Error with a sentence when there is no such class or handler
 */
export async function runtimeHandler(
  client: Pick<Client, 'find'>,
  className: string | undefined,
  handlers: readonly string[] | undefined,
): Promise<string | undefined> {
  if (!className || !handlers) return undefined;
  const found = await client.find(runtimeClass, { name: className });
  if (!found) throw new Error(`failed to get sandbox runtime: RuntimeClass "${className}" not found`);
  const { handler = '' } = found as { handler?: string };
  if (handler === '' || handlers.includes(handler)) return handler || undefined;
  throw new Error(`failed to get sandbox runtime: no runtime for "${handler}" is configured`);
}

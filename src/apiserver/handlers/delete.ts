import type { Kind } from '../../apimachinery/kind.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { sendEntry } from '../output/output.ts';
import { remove } from '../registry/delete.ts';
import { readDeleteOptions } from './delete-options.ts';
import { sendObject } from './respond.ts';
import type { HandlerServices, ResourceRequest } from './services.ts';

/** DELETE of one object: answers with it while something holds it, or else with a `Status`, as most kinds have it. */
export async function handleDelete(services: HandlerServices, { exchange, target }: ResourceRequest): Promise<void> {
  const { how, dryRun, cascades } = await readDeleteOptions(services, exchange);
  const { registry } = services;
  const { entry, gone } = await remove(registry, target, how, { user: exchange.user, dryRun });
  const status = !gone && cascades ? 202 : 200;
  if (!gone || target.kind.returnsDeleted) return sendEntry(exchange, target.kind, entry, registry.clock, status);
  sendObject(exchange, status, deletedStatus(target.kind, entry.object));
}

/** Upstream's has no code. */
function deletedStatus({ group, plural }: Kind, { metadata: { name, uid } }: KubeObject): object {
  const details = { name, ...(group && { group }), kind: plural, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

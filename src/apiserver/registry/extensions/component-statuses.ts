import { componentStatus, type ComponentStatus } from '../../../api/core-v1/component-status.ts';
import type { Storage } from '../../../storage/storage.ts';
import type { RegistryExtension } from './extension.ts';

/** How the parts of the control plane are that this server itself depends on. Nothing is stored: each answer asks anew. */
export function componentStatuses(storage: Storage): RegistryExtension<ComponentStatus> {
  return { kind: componentStatus, computed: async () => [await statusOf('etcd-0', () => storage.ping())] };
}

async function statusOf(name: string, ping: () => Promise<void>): Promise<ComponentStatus> {
  const metadata = { name } as ComponentStatus['metadata'];
  const type = 'Healthy';
  try {
    await ping();
    return {
      apiVersion: 'v1',
      kind: 'ComponentStatus',
      metadata,
      conditions: [{ type, status: 'True', message: 'ok' }],
    };
  } catch {
    // Why is for the server's log; callers of a deprecated kind need not know addresses.
    const condition = { type, status: 'False', error: 'the component does not answer' };
    return { apiVersion: 'v1', kind: 'ComponentStatus', metadata, conditions: [condition] };
  }
}

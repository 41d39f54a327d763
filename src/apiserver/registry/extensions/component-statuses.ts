import { componentStatus, type ComponentStatus } from '../../../api/core-v1/component-status.ts';
import type { Storage } from '../../../storage/storage.ts';
import type { RegistryExtension } from './extension.ts';

/** A part of the control plane that runs beside the server. */
export interface ComponentCheck {
  readonly name: string;
  /** @throws when it does not work */
  check(): void | Promise<void>;
}

/**
 * How the parts of the control plane are: the store that this server depends on, and those that run in its process.
 * Nothing is stored: each answer asks anew.
 */
export function componentStatuses(
  storage: Storage,
  components: readonly ComponentCheck[] = [],
): RegistryExtension<ComponentStatus> {
  const store = { name: 'etcd-0', check: () => storage.ping() };
  const checks = [store, ...components].sort((a, b) => (a.name < b.name ? -1 : 1));
  const computed = () => Promise.all(checks.map((one) => statusOf(one.name, () => one.check())));
  return { kind: componentStatus, computed };
}

async function statusOf(name: string, check: ComponentCheck['check']): Promise<ComponentStatus> {
  const metadata = { name } as ComponentStatus['metadata'];
  const type = 'Healthy';
  try {
    await check();
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

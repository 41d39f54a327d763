import { componentStatuses, type ComponentCheck } from './component-statuses.ts';
import type { RegistryExtension } from './extension.ts';
import { namespaceDeletion } from './namespace-deletion.ts';
import { ServiceAllocation, type ServiceAllocationOptions } from './service-allocation.ts';

/** What single kinds need of the registry beyond their declarations. */
export function registryExtensions(
  options: ServiceAllocationOptions,
  components?: readonly ComponentCheck[],
): readonly RegistryExtension[] {
  return [namespaceDeletion, new ServiceAllocation(options), componentStatuses(options.storage, components)];
}

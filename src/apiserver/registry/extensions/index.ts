import { componentStatuses, type ComponentCheck } from './component-statuses.ts';
import type { RegistryExtension } from './extension.ts';
import { namespaceDeletion } from './namespace-deletion.ts';
import { resourceMetrics } from '../../metrics-api/resource-metrics.ts';
import type { UsageSource } from '../../metrics-api/usage-source.ts';
import { ServiceAllocation, type ServiceAllocationOptions } from './service-allocation.ts';

/** What single kinds need of the registry beyond their declarations. */
export function registryExtensions(
  options: ServiceAllocationOptions,
  components?: readonly ComponentCheck[],
  usage?: UsageSource,
): readonly RegistryExtension[] {
  const { storage } = options;
  return [
    namespaceDeletion,
    new ServiceAllocation(options),
    componentStatuses(storage, components),
    ...resourceMetrics(storage, usage),
  ];
}

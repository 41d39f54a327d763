import { quantityValue } from '../../apimachinery/quantity.ts';
import type { DeviceClass } from '../../api/resource-v1/device-class.ts';
import type { ResourceClaim } from '../../api/resource-v1/resource-claim.ts';
import { untolerated } from '../forbidding-taint.ts';
import type { Device, WrittenRequest } from './device.ts';
import { selected } from './selectors.ts';

type Exactly = NonNullable<WrittenRequest['exactly']>;
export type DeviceTaint = NonNullable<Device['definition']['taints']>[number];

/** One way to fulfil a request: what it asks for exactly, or one of what it would take. */
export interface Alternative extends Exactly {
  /** As results name it: `gpu`, or `gpu/small` of one among several. */
  readonly name: string;
  readonly claim: ResourceClaim;
  readonly class: DeviceClass | undefined;
}

/** The ways to fulfil a request, the best first. */
export function alternativesOf(
  claim: ResourceClaim,
  { name, exactly, firstAvailable = [] }: WrittenRequest,
  classOf: (name: string) => DeviceClass | undefined,
): Alternative[] {
  const complete = (request: Exactly, full: string): Alternative => {
    return { ...request, name: full, claim, class: classOf(request.deviceClassName) };
  };
  if (exactly) return [complete(exactly, name)];
  return firstAvailable.map((request) => complete(request, `${name}/${request.name}`));
}

/** Whether the device is one of those that are asked for. @throws Error that says what is wrong with a selector */
export function isWanted(device: Device, asked: Alternative, taints: readonly DeviceTaint[]): boolean {
  const { metadata } = asked.claim;
  if (!selected(device, asked.class?.spec.selectors, `class ${asked.deviceClassName}`)) return false;
  if (!selected(device, asked.selectors, `claim ${metadata.namespace}/${metadata.name}`)) return false;
  if (untolerated(asked.tolerations, taints)) return false;
  return Object.entries(asked.capacity?.requests ?? {}).every(([name, amount]) => {
    return quantityValue(device.definition.capacity?.[name]?.value) >= quantityValue(amount);
  });
}

/** How many devices are asked for. */
export function countOf({ allocationMode, count = 1 }: Alternative): number | 'all' {
  return allocationMode === 'All' ? 'all' : count;
}

import type { Quantity } from '../../apimachinery/quantity.ts';
import type { QuotaUse } from '../../apimachinery/quota-use.ts';
import { whole } from '../core-v1/quota-names.ts';
import type { ResourceClaim } from './resource-claim.ts';

type DeviceRequest = NonNullable<NonNullable<NonNullable<ResourceClaim['spec']>['devices']>['requests']>[number];
interface Wish {
  readonly deviceClassName?: string;
  readonly allocationMode?: string;
  readonly count?: number;
}

const DEVICES = '.deviceclass.resource.k8s.io/devices';
/** So many devices one claim can get: what "all of them" is counted as. */
const MOST = 32;

/** What resource claims use: devices, by their class. Of alternatives the dearest of each class counts. */
export const resourceClaimQuota: QuotaUse<ResourceClaim> = {
  covers: (name) => name.endsWith(DEVICES),
  chargedUpdates: [''],
  use({ spec }) {
    const counts = new Map<string, number>();
    for (const request of spec?.devices?.requests ?? []) {
      for (const [name, count] of devicesOf(request)) counts.set(name, (counts.get(name) ?? 0) + count);
    }
    return new Map<string, Quantity>([...counts].map(([name, count]) => [name + DEVICES, whole(count)]));
  },
};

function devicesOf({ exactly, firstAvailable = [] }: DeviceRequest): Map<string, number> {
  const most = new Map<string, number>();
  const wishes: readonly Wish[] = exactly ? [exactly] : firstAvailable;
  for (const { deviceClassName = '', allocationMode, count = 1 } of wishes) {
    const wanted = allocationMode === 'All' ? MOST : count;
    most.set(deviceClassName, Math.max(most.get(deviceClassName) ?? 0, wanted));
  }
  return most;
}

import type { ResourceClaim } from '../../api/resource-v1/resource-claim.ts';
import type { ResourceSlice } from '../../api/resource-v1/resource-slice.ts';

export type Allocation = NonNullable<NonNullable<ResourceClaim['status']>['allocation']>;
export type AllocatedDevice = NonNullable<NonNullable<Allocation['devices']>['results']>[number];
export type SliceDevice = NonNullable<ResourceSlice['spec']['devices']>[number];
export type Devices = NonNullable<ResourceClaim['spec']['devices']>;
export type WrittenRequest = NonNullable<Devices['requests']>[number];
export type Constraint = NonNullable<Devices['constraints']>[number];

/** A device, with what its slice says of it. */
export interface Device {
  /** `driver/pool/device`: what it is known by. */
  readonly id: string;
  readonly driver: string;
  readonly pool: string;
  readonly name: string;
  readonly slice: ResourceSlice;
  readonly definition: SliceDevice;
}

/** What a device is known by, in slices and in what was allocated. */
export function deviceId({ driver, pool, device }: { driver: string; pool: string; device: string }): string {
  return `${driver}/${pool}/${device}`;
}

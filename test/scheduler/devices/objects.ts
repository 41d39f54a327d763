import type { DeviceClass } from '../../../src/api/resource-v1/device-class.ts';
import type { ResourceClaim } from '../../../src/api/resource-v1/resource-claim.ts';
import type { ResourceSlice } from '../../../src/api/resource-v1/resource-slice.ts';
import type { Device, Devices, SliceDevice, WrittenRequest } from '../../../src/scheduler/devices/device.ts';

export const driver = 'gpu.example.com';

const metadata = (name: string, namespace?: string) => ({
  ...{ name, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '' },
  ...(namespace && { namespace }),
});

/** A slice of the pool `node` of the node of this name, changed by `spec`. */
export function aSlice(devices: SliceDevice[], spec: Partial<ResourceSlice['spec']> = {}): ResourceSlice {
  const nodeName = spec.allNodes || spec.nodeSelector || spec.perDeviceNodeSelection ? {} : { nodeName: 'node' };
  return {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceSlice',
    metadata: metadata(`slice-${devices[0]?.name ?? 'counters'}`),
    spec: { driver, ...nodeName, pool: { name: 'node', generation: 1, resourceSliceCount: 1 }, devices, ...spec },
  };
}

/** A device with so many GiB of memory. */
export function aDevice(name: string, gib = 16, more: Partial<SliceDevice> = {}): SliceDevice {
  return {
    name,
    attributes: { model: { string: gib > 16 ? 'large' : 'small' }, version: { version: '1.2.3' } },
    capacity: { memory: { value: `${gib}Gi` } },
    ...more,
  };
}

/** A device as the scheduler sees it. */
export function inSlice(definition: SliceDevice): Device {
  const slice = aSlice([definition]);
  return { id: `${driver}/node/${definition.name}`, driver, pool: 'node', name: definition.name, slice, definition };
}

export function aClaim(name: string, devices: Devices): ResourceClaim {
  return {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: metadata(name, 'default'),
    spec: { devices },
  };
}

type Exactly = NonNullable<WrittenRequest['exactly']>;

/** A request of devices of class `gpu`. */
export function asks(name: string, exactly: Partial<Exactly> = {}): WrittenRequest {
  return { name, exactly: { deviceClassName: 'gpu', ...exactly } };
}

/** A selector. */
export function cel(expression: string): { cel: { expression: string } } {
  return { cel: { expression } };
}

export function aClass(name: string, spec: Partial<DeviceClass['spec']> = {}): DeviceClass {
  return { apiVersion: 'resource.k8s.io/v1', kind: 'DeviceClass', metadata: metadata(name), spec };
}

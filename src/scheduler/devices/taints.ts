import type { DeviceTaintRule } from '../../api/resource-v1beta2/device-taint-rule.ts';
import { taintsOfDevice } from '../../api/resource-v1beta2/taints-of-device.ts';
import type { Device } from './device.ts';
import type { DeviceTaint } from './requests.ts';

/** All taints of a device. */
export function taintsOf(
  { driver, pool, name, definition }: Device,
  rules: readonly DeviceTaintRule[],
): readonly DeviceTaint[] {
  return taintsOfDevice({ driver, pool, device: name }, definition.taints ?? [], rules);
}

import type { DeviceTaintRule } from '../../api/resource-v1beta2/device-taint-rule.ts';
import type { Device } from './device.ts';
import type { DeviceTaint } from './requests.ts';

/** The taints of a device: those that its driver tells of, and those that rules of the administrator add. */
export function taintsOf(device: Device, rules: readonly DeviceTaintRule[]): readonly DeviceTaint[] {
  const own = device.definition.taints ?? [];
  if (rules.length === 0) return own;
  return [...own, ...rules.filter((rule) => concerns(rule, device)).map(({ spec }) => spec.taint)];
}

/** What a rule does not say it is not particular about. One without a selector is about nothing. */
function concerns({ spec: { deviceSelector } }: DeviceTaintRule, device: Device): boolean {
  if (!deviceSelector) return false;
  const { driver = device.driver, pool = device.pool, device: name = device.name } = deviceSelector;
  return driver === device.driver && pool === device.pool && name === device.name;
}

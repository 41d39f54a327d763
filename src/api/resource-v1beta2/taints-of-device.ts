import type { DeviceTaint } from '../resource-v1/device-taints.ts';
import type { DeviceTaintRule } from './device-taint-rule.ts';

/** Which device, as slices and allocations name it. */
export interface DeviceName {
  readonly driver: string;
  readonly pool: string;
  readonly device: string;
}

/** The taints of a device: `own`, which its driver tells of, and those that rules of the administrator add. */
export function taintsOfDevice<T extends DeviceTaint>(
  device: DeviceName,
  own: readonly T[],
  rules: readonly DeviceTaintRule[],
): readonly (T | DeviceTaintRule['spec']['taint'])[] {
  if (rules.length === 0) return own;
  return [...own, ...rules.filter((rule) => concerns(rule, device)).map(({ spec }) => spec.taint)];
}

/** Whether a rule is about the device. What it does not say it is not particular about; without a selector it is about none. */
export function concerns({ spec: { deviceSelector } }: DeviceTaintRule, name: DeviceName): boolean {
  if (!deviceSelector) return false;
  const { driver = name.driver, pool = name.pool, device = name.device } = deviceSelector;
  return driver === name.driver && pool === name.pool && device === name.device;
}

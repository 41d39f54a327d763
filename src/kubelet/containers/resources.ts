import { milliValue, quantityValue } from '../../apimachinery/quantity.ts';
import type { Container } from '../pod-spec.ts';
import type { ContainerResources } from '../runtime/runtime.ts';

/** The kernel's least values. */
const LEAST_SHARES = 2;
const LEAST_QUOTA = 1000;

/** Requests and limits as the kernel takes them: a thousandth of a CPU is 1.024 shares, or 100 µs of each 100 ms. */
export function containerResources(container: Container): ContainerResources {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const limit = milliValue(limits.cpu);
  const request = requests.cpu === undefined ? limit : milliValue(requests.cpu);
  return {
    memoryBytes: quantityValue(limits.memory),
    cpuShares: Math.max(LEAST_SHARES, Math.floor((request * 1024) / 1000)),
    cpuQuota: limit > 0 ? Math.max(LEAST_QUOTA, limit * 100) : 0,
  };
}

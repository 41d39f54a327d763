import { isQuantity, parseQuantity } from '../../apimachinery/quantity.ts';
import type { PodSpec, ResourceRequirements } from './pod-spec.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const COUNTED = ['cpu', 'memory'] as const;

/**
 * How dear a pod is to its node: `Guaranteed` when every container's cpu and memory limits are also its requests,
 * `BestEffort` when none asks for anything, else `Burstable`. Resources of the whole pod take the containers' place.
 */
export function qosClass(spec: PodSpec): QosClass {
  const all = hasAny(spec.resources)
    ? [spec.resources]
    : [...(spec.initContainers ?? []), ...(spec.containers ?? [])].map((c) => c.resources);
  if (!all.some(hasAny)) return 'BestEffort';
  return all.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

function hasAny(resources: ResourceRequirements | undefined): boolean {
  return COUNTED.some((name) => nanos(resources?.requests, name) > 0n || nanos(resources?.limits, name) > 0n);
}

function isGuaranteed(resources: ResourceRequirements | undefined): boolean {
  return COUNTED.every((name) => {
    const limit = nanos(resources?.limits, name);
    return limit > 0n && nanos(resources?.requests, name) === limit;
  });
}

function nanos(map: Record<string, string> | undefined, name: string): bigint {
  const text = map?.[name];
  return isQuantity(text) ? parseQuantity(text!).nanos : 0n;
}

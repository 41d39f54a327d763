import { shortages, type Shortage } from '../admission/fit.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { isStatic } from '../pod-spec.ts';

/** Whether a node can give a pod what it asks for now. `Deferred`: not beside the others; `Infeasible`: never. */
export type ResizeDecision =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly reason: 'Deferred' | 'Infeasible'; readonly message: string };

/** Decides about a pod whose resources have changed. Pure. */
export function decideResize(
  pod: Pod,
  others: readonly Pod[],
  allocatable: Readonly<Record<string, string>> | undefined,
): ResizeDecision {
  if (isStatic(pod))
    return { accepted: false, reason: 'Infeasible', message: 'In-place resize of static-pods is not supported' };
  if (!allocatable) return { accepted: true };
  const [never] = resizable(shortages(pod, [], allocatable));
  if (never) {
    const { requested, capacity } = figures(never);
    const message = `Node didn't have enough capacity: ${never.resource}, requested: ${requested}, capacity: ${capacity}`;
    return { accepted: false, reason: 'Infeasible', message };
  }
  const [now] = resizable(shortages(pod, others, allocatable));
  if (!now) return { accepted: true };
  const { requested, used, capacity } = figures(now);
  const amounts = `requested: ${requested}, used: ${used}, capacity: ${capacity}`;
  return {
    accepted: false,
    reason: 'Deferred',
    message: `Node didn't have enough resource: ${now.resource}, ${amounts}`,
  };
}

function resizable(all: readonly Shortage[]): Shortage[] {
  return all.filter(({ resource }) => resource === 'cpu' || resource === 'memory');
}

function figures({ resource, requested, used, capacity }: Shortage): Record<'requested' | 'used' | 'capacity', number> {
  const [a, b, c] = [requested, used, capacity].map((one) => (resource === 'cpu' ? one.milliValue() : one.value()));
  return { requested: a!, used: b!, capacity: c! };
}

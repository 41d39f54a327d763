import { addTo, amountsOf, type Amounts } from '../../apimachinery/amounts.ts';
import { parseQuantity, type Quantity } from '../../apimachinery/quantity.ts';
import { podTotals, withOverhead } from '../../api/core-v1/pod-resources.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { specOf } from '../pod-spec.ts';
import type { Refusal } from './refusal.ts';

/** A resource of which a node has too little left for a pod. */
export interface Shortage {
  readonly resource: string;
  readonly requested: Quantity;
  readonly used: Quantity;
  readonly capacity: Quantity;
}

/** What a pod takes of its node: its requests, and one of the places for pods. */
export function requestsOf(pod: Pod): Map<string, Quantity> {
  const spec = specOf(pod);
  const totals = withOverhead(podTotals(spec, 'requests'), spec, 'requests');
  return totals.set('pods', parseQuantity('1'));
}

/**
 * Of what there is too little for `pod` beside `others`. Resources of others' making that the node does not offer are
 * not looked at: whoever manages them has not come up yet.
 */
export function shortages(pod: Pod, others: readonly Pod[], allocatable: Readonly<Record<string, string>>): Shortage[] {
  const capacity = amountsOf(allocatable);
  const used = new Map<string, Quantity>();
  for (const other of others) addTo(used, requestsOf(other));
  return [...requestsOf(pod)].flatMap(([resource, requested]) => shortage(resource, requested, used, capacity));
}

function shortage(resource: string, requested: Quantity, used: Amounts, capacity: Amounts): Shortage[] {
  const zero = parseQuantity('0');
  const offered = capacity.get(resource);
  if (requested.nanos === 0n || (!offered && resource.includes('/'))) return [];
  const taken = used.get(resource) ?? zero;
  const there = offered ?? zero;
  return taken.add(requested).compare(there) > 0 ? [{ resource, requested, used: taken, capacity: there }] : [];
}

/** How a pod is told that it does not fit. */
export function shortageRefusal({ resource, requested, used, capacity }: Shortage): Refusal {
  const amount = (quantity: Quantity) => (resource === 'cpu' ? quantity.milliValue() : quantity.value());
  const figures = `requested: ${amount(requested)}, used: ${amount(used)}, capacity: ${amount(capacity)}`;
  return { reason: `OutOf${resource}`, message: `Node didn't have enough resource: ${resource}, ${figures}` };
}

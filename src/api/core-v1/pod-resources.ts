import { addTo, amountsOf, raiseTo, type Amounts } from '../../apimachinery/amounts.ts';
import type { Quantity } from '../../apimachinery/quantity.ts';
import { isSidecar, type Container, type PodSpec } from './pod-spec.ts';

type Totals = Map<string, Quantity>;

/**
 * What a pod asks for (`requests`) or may use at most (`limits`): the sum of its containers and sidecars, or the peak
 * while its init containers run one by one, whichever is more. What is said of the pod as a whole wins over the sum.
 * Without the pod's overhead, see `withOverhead`.
 */
export function podTotals(spec: PodSpec, which: 'requests' | 'limits', of = resourcesOf): Totals {
  const sum: Totals = new Map();
  for (const container of spec.containers ?? []) addTo(sum, of(container, which));
  const sidecars: Totals = new Map();
  const peak: Totals = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = new Map(of(container, which));
    if (isSidecar(container)) {
      addTo(sum, own);
      addTo(sidecars, own);
      raiseTo(peak, sidecars);
    } else {
      addTo(own, sidecars);
      raiseTo(peak, own);
    }
  }
  raiseTo(sum, peak);
  for (const [name, quantity] of amountsOf(spec.resources?.[which])) sum.set(name, quantity);
  return sum;
}

function resourcesOf({ resources }: Container, which: 'requests' | 'limits'): Amounts {
  return amountsOf(resources?.[which]);
}

/** Adds what the pod costs besides its containers; a limit that there is not does not come into being by that. */
export function withOverhead(totals: Totals, { overhead }: PodSpec, which: 'requests' | 'limits'): Totals {
  for (const [name, quantity] of amountsOf(overhead)) {
    const limited = (totals.get(name)?.nanos ?? 0n) !== 0n;
    if (which === 'requests' || limited) addTo(totals, new Map([[name, quantity]]));
  }
  return totals;
}

import { amountsOf, quantitiesOf } from '../../apimachinery/amounts.ts';
import { Quantity, type QuantityFormat } from '../../apimachinery/quantity.ts';
import { resolve, type Threshold } from '../eviction/thresholds.ts';

type Resources = Readonly<Record<string, string>>;

/** What a node keeps from pods. */
export interface Reserved {
  /** For the system and for Kubernetes itself, by resource. */
  readonly reserved: readonly Resources[];
  /** Below these pods are evicted, so nobody can count on them. */
  readonly thresholds: readonly Threshold[];
}

/** What hard thresholds keep free. */
const kept: Readonly<Record<string, string>> = {
  'memory.available': 'memory',
  'nodefs.available': 'ephemeral-storage',
};
const NANO = 1_000_000_000n;

/**
 * What pods can have of what a node has: all but what is reserved, what is kept free, and of memory what are huge pages.
 * https://kubernetes.io/docs/tasks/administer-cluster/reserve-compute-resources/
 */
export function allocatableOf(capacity: Resources, { reserved, thresholds }: Reserved): Record<string, string> {
  const left = new Map(amountsOf(capacity));
  const take = (name: string, nanos: bigint, format: QuantityFormat) => {
    const now = left.get(name);
    if (now && nanos > 0n) left.set(name, new Quantity(now.nanos > nanos ? now.nanos - nanos : 0n, format));
  };
  for (const one of reserved) {
    for (const [name, { nanos }] of amountsOf(one)) take(name, nanos, left.get(name)?.format ?? 'DecimalSI');
  }
  for (const { signal, least, grace } of thresholds) {
    const name = kept[signal];
    const total = amountsOf(capacity).get(name ?? '');
    if (name && total && grace === 0) take(name, BigInt(resolve(least, total.value())) * NANO, 'BinarySI');
  }
  for (const [name, pages] of amountsOf(capacity))
    if (name.startsWith('hugepages-')) take('memory', pages.nanos, 'BinarySI');
  return quantitiesOf(left);
}

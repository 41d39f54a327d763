import type { MetricRegistry } from '../../../base/metrics.ts';

/** Whether somebody asked for this very value, or for any. */
type Scope = 'static' | 'dynamic';

/** Values that are counted together. */
export interface CountedRange {
  /** The labels that tell the range from others: `[cidr]`, or none where there is one range. */
  readonly labels: readonly string[];
  readonly size: number;
  contains(value: string): boolean;
}

export interface ClaimCountsOptions {
  /** `kube_apiserver_clusterip_allocator` */
  readonly metric: string;
  readonly unit: 'ips' | 'ports';
  /** The names of the ranges' labels. */
  readonly labels: readonly string[];
  readonly ranges: readonly CountedRange[];
}

/** Counts what is given away, under upstream's names. What other servers give away is known after the next repair. */
export class ClaimCounts {
  readonly #ranges: readonly CountedRange[];
  readonly #taken = new Map<CountedRange, number>();
  readonly #asked;
  readonly #failed;

  constructor({ metric, unit, labels, ranges }: ClaimCountsOptions, metrics: MetricRegistry) {
    this.#ranges = ranges;
    const what = unit === 'ips' ? 'Cluster IPs' : 'NodePorts';
    const [taken, free] = [
      metrics.gauge(`${metric}_allocated_${unit}`, `Number of allocated ${what}.`, [...labels]),
      metrics.gauge(`${metric}_available_${unit}`, `Number of available ${what}.`, [...labels]),
    ];
    for (const range of ranges) {
      const count = () => this.#taken.get(range) ?? 0;
      taken.live([...range.labels], count);
      free.live([...range.labels], () => range.size - count());
    }
    const scoped = [...labels, 'scope'];
    this.#asked = metrics.counter(`${metric}_allocation_total`, `Number of ${what} allocations.`, scoped);
    this.#failed = metrics.counter(
      `${metric}_allocation_errors_total`,
      `Number of errors trying to allocate ${what}.`,
      scoped,
    );
  }

  /** All values that are taken, newly looked up. */
  all(values: Iterable<string>): void {
    this.#taken.clear();
    for (const value of values) this.add(value, 1);
  }

  add(value: string, by: 1 | -1): void {
    const range = this.#of(value);
    if (range) this.#taken.set(range, Math.max(0, (this.#taken.get(range) ?? 0) + by));
  }

  /** @param value the one that was asked for or given, or any of the range */
  asked(value: string, scope: Scope, given: boolean): void {
    const labels = this.#of(value)?.labels;
    if (labels) (given ? this.#asked : this.#failed).labels(...labels, scope).inc();
  }

  #of(value: string): CountedRange | undefined {
    return this.#ranges.find((range) => range.contains(value));
  }
}

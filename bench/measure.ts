import type { Target } from './target.ts';

/** One row of the table: a figure and what is good. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Whether a larger value is better, for the ratio. */
  readonly more: boolean;
  /** Remarks, as `p50 1.2 ms, p99 8 ms`. */
  readonly note?: string;
}

/** Something that can be measured on any Kubernetes API server; `index.ts` lists them in the order they run. */
export interface Measure {
  readonly name: string;
  /** Whether only our own server is measured: the other would take minutes. */
  readonly ownOnly?: boolean;
  run(target: Target, settings: Settings): Promise<Figure[]>;
}

export interface Settings {
  /** Seconds for each throughput measurement. */
  readonly seconds: number;
  /** A namespace that exists for this run only. */
  readonly namespace: string;
}

import type { ContainerConfig, ContainerUsage } from './runtime.ts';

/** What a container is told to use, instead of what it asked for. */
export interface ToldUsage {
  /** Nanoseconds of processor time a second. */
  readonly cpu?: number | undefined;
  /** Bytes. */
  readonly memory?: number | undefined;
}

/** Processor time used up to a moment: nanoseconds, milliseconds since the epoch. */
export interface UsedSoFar {
  readonly cpu: number;
  readonly at: number;
}

/** What a container uses that has asked for nothing: a thousandth of a processor, and 16 MiB. */
const LEAST_CPU = 1_000_000;
const LEAST_MEMORY = 16 * 2 ** 20;

/**
 * What a simulated container uses: half of the processor time that it has asked for, all the time, and half of the memory
 * that it may have. So metrics, `kubectl top` and autoscalers have something to go by that a test can foretell.
 */
export function fakeUsage(
  { resources }: ContainerConfig,
  now: number,
  before: UsedSoFar,
  told: ToldUsage = {},
): ContainerUsage {
  const { cpuShares, memoryBytes } = resources;
  // The least that the kernel knows (2) stands for a container without a request.
  const requested = cpuShares > 2 ? (cpuShares / 1024) * 1e9 : 0;
  const cpuRate = told.cpu ?? Math.max(LEAST_CPU, Math.round(requested / 2));
  const usage = told.memory ?? (memoryBytes > 0 ? Math.round(memoryBytes / 2) : LEAST_MEMORY);
  return {
    at: now,
    // Added up from reading to reading, so that it never shrinks when the rate does.
    cpu: before.cpu + Math.round((cpuRate * Math.max(0, now - before.at)) / 1000),
    cpuRate,
    memory: { usage, workingSet: usage, rss: usage, limit: memoryBytes, pageFaults: 0, majorPageFaults: 0 },
    processes: 1,
  };
}

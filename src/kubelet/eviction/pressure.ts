import type { NodeUsage } from '../stats/node-usage.ts';
import { resolve, type Signal, type Threshold } from './thresholds.ts';

/** What a signal says. */
export interface Observation {
  readonly available: number;
  readonly capacity: number;
}
export type Observations = ReadonlyMap<Signal, Observation>;

/** What is known of the node's signals. What cannot be read is not known, and never crossed. */
export function observe(
  { memory, memoryAvailable, disk, processes, mostProcesses }: NodeUsage,
  total: number,
): Observations {
  const found = new Map<Signal, Observation>();
  if (total > 0)
    found.set('memory.available', { available: Math.max(memoryAvailable, total - memory.workingSet), capacity: total });
  if (disk) {
    const bytes = { available: disk.available, capacity: disk.capacity };
    const inodes = { available: disk.inodesFree, capacity: disk.inodes };
    found.set('nodefs.available', bytes).set('imagefs.available', bytes);
    // Some file systems make inodes as they need them, and count none.
    if (disk.inodes > 0) found.set('nodefs.inodesFree', inodes).set('imagefs.inodesFree', inodes);
  }
  if (mostProcesses > 0) found.set('pid.available', { available: mostProcesses - processes, capacity: mostProcesses });
  return found;
}

export type Pressure = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure';

const pressures: Readonly<Record<Signal, Pressure>> = {
  'memory.available': 'MemoryPressure',
  'nodefs.available': 'DiskPressure',
  'nodefs.inodesFree': 'DiskPressure',
  'imagefs.available': 'DiskPressure',
  'imagefs.inodesFree': 'DiskPressure',
  'pid.available': 'PIDPressure',
};

/** The condition of the node that a signal leads to. */
export function pressureOf(signal: Signal): Pressure {
  return pressures[signal];
}

/** What is remembered between two looks. Times are milliseconds since the epoch. */
export interface PressureMemory {
  /** Since when thresholds have been crossed. */
  readonly since: ReadonlyMap<Threshold, number>;
  /** When pressures were last seen. */
  readonly seen: ReadonlyMap<Pressure, number>;
}

export const noPressure: PressureMemory = { since: new Map(), seen: new Map() };

/** What a look at the signals has shown. */
export interface PressureReport {
  readonly memory: PressureMemory;
  /** The node's conditions, which stay for a while after they are over, so that they do not flap. */
  readonly conditions: readonly Pressure[];
  /** Crossed for long enough that something must be done, the most urgent first. */
  readonly due: readonly Threshold[];
}

/**
 * Compares the signals with the thresholds. Pure.
 * @param transition milliseconds for which a condition is told after it was last seen
 */
export function lookAtPressure(
  thresholds: readonly Threshold[],
  observations: Observations,
  memory: PressureMemory,
  { now, transition }: { now: number; transition: number },
): PressureReport {
  const crossed = thresholds.filter((one) => isCrossed(one, observations, memory.since.has(one)));
  const since = new Map(crossed.map((one) => [one, memory.since.get(one) ?? now]));
  const seen = new Map([...memory.seen].filter(([, at]) => now - at < transition));
  for (const { signal } of crossed) seen.set(pressureOf(signal), now);
  const due = crossed.filter((one) => now - since.get(one)! >= one.grace).sort(byUrgency);
  return { memory: { since, seen }, conditions: [...seen.keys()].sort(), due };
}

/** Once crossed, a threshold stays so until what must be reclaimed at least is free, too. */
function isCrossed({ signal, least, minReclaim }: Threshold, observations: Observations, before: boolean): boolean {
  const found = observations.get(signal);
  if (!found) return false;
  const more = before ? resolve(minReclaim, found.capacity) : 0;
  return found.available < resolve(least, found.capacity) + more;
}

/** Memory first: nothing else makes the machine unusable as soon. Then those without a grace period. */
function byUrgency(a: Threshold, b: Threshold): number {
  const rank = ({ signal }: Threshold) => (signal === 'memory.available' ? 0 : 1);
  return rank(a) - rank(b) || a.grace - b.grace;
}

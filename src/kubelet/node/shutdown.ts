import type { Pod } from '../../api/core-v1/pod.ts';
import { specOf } from '../pod-spec.ts';

/** How long pods of at least this priority get when the node shuts down. */
export interface ShutdownGrace {
  readonly priority: number;
  readonly seconds: number;
}

export interface ShutdownStep extends ShutdownGrace {
  readonly pods: readonly Pod[];
}

/** The priority from which on pods are critical to the cluster. */
const CRITICAL = 2_000_000_000;

/** The whole time, of which the last part is for critical pods, as a list by priority. */
export function shutdownGraces(totalSeconds: number, criticalSeconds: number): ShutdownGrace[] {
  return [
    { priority: 0, seconds: Math.max(0, totalSeconds - criticalSeconds) },
    { priority: CRITICAL, seconds: criticalSeconds },
  ];
}

/**
 * Which pods end together when the node shuts down, and how long they get: the least important first. A pod belongs to
 * the last entry that is not above its priority, or to the first.
 */
export function shutdownPlan(pods: readonly Pod[], graces: readonly ShutdownGrace[]): ShutdownStep[] {
  const ordered = [...graces].sort((a, b) => a.priority - b.priority);
  const steps = ordered.map((grace) => ({ ...grace, pods: [] as Pod[] }));
  for (const pod of pods) {
    const own = specOf(pod).priority ?? 0;
    (steps.findLast(({ priority }) => priority <= own) ?? steps[0])?.pods.push(pod);
  }
  return steps.filter((step) => step.pods.length > 0);
}

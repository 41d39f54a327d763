import { podTotals, withOverhead } from '../../api/core-v1/pod-resources.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { specOf } from '../pod-spec.ts';
import type { Signal } from './thresholds.ts';

/** What a pod and its containers use of what is scarce: bytes, or processes. */
export interface PodUse {
  readonly pod: Pod;
  readonly total: number;
  readonly containers: ReadonlyMap<string, number>;
}

/** The resource that a signal counts, as messages name it. */
export function resourceOf(signal: Signal): string {
  if (signal === 'memory.available') return 'memory';
  if (signal === 'pid.available') return 'pids';
  return signal.endsWith('inodesFree') ? 'inodes' : 'ephemeral-storage';
}

/**
 * The order in which pods are evicted: those first that use more than they asked for, then those of the lowest priority,
 * then those that are most above what they asked for. Of processes nobody can ask for any.
 */
export function rankPods(uses: readonly PodUse[], resource: string): PodUse[] {
  const ranked = uses.map((use) => {
    const above = use.total - requestOf(use.pod, resource);
    return { use, exceeds: resource !== 'pids' && above > 0, above, priority: specOf(use.pod).priority ?? 0 };
  });
  ranked.sort((a, b) => Number(b.exceeds) - Number(a.exceeds) || a.priority - b.priority || b.above - a.above);
  return ranked.map(({ use }) => use);
}

function requestOf(pod: Pod, resource: string): number {
  const spec = specOf(pod);
  return withOverhead(podTotals(spec, 'requests'), spec, 'requests').get(resource)?.value() ?? 0;
}

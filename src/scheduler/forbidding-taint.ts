import type { Taint } from '../api/core-v1/node.ts';
import type { Toleration } from '../api/core-v1/pod-spec.ts';
import { tolerated } from '../api/core-v1/tolerations.ts';

/** The first taint that keeps off a pod with these tolerations. */
export function untolerated(
  tolerations: readonly Toleration[] | undefined,
  taints: readonly Taint[],
): Taint | undefined {
  for (const taint of taints) {
    const forbids = taint.effect === 'NoSchedule' || taint.effect === 'NoExecute';
    if (forbids && !tolerated(tolerations, taint)) return taint;
  }
  return undefined;
}

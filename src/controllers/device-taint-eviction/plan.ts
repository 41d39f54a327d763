import { tolerates } from '../../api/core-v1/tolerations.ts';
import type { ResourceClaim } from '../../api/resource-v1/resource-claim.ts';
import { timeOrZero } from '../../apimachinery/time.ts';

type Allocation = NonNullable<NonNullable<ResourceClaim['status']>['allocation']>;
export type AllocatedDevice = NonNullable<NonNullable<Allocation['devices']>['results']>[number];

/** A taint as slices and rules write it. */
export interface WrittenTaint {
  readonly key?: string;
  readonly value?: string;
  readonly effect?: string;
  readonly timeAdded?: string;
}

/** When who uses a device with these taints has to leave it, in milliseconds: 0 at once, undefined never. */
export function leavesAt({ tolerations = [] }: AllocatedDevice, taints: readonly WrittenTaint[]): number | undefined {
  let earliest: number | undefined;
  for (const taint of taints) {
    if (taint.effect !== 'NoExecute') continue;
    const at = toleratedUntil(tolerations, taint);
    if (at !== undefined && (earliest === undefined || at < earliest)) earliest = at;
  }
  return earliest;
}

function toleratedUntil(
  tolerations: NonNullable<AllocatedDevice['tolerations']>,
  taint: WrittenTaint,
): number | undefined {
  const { key = '', effect = '' } = taint;
  const matching = tolerations.filter((toleration) => tolerates(toleration, { ...taint, key, effect }));
  if (matching.length === 0) return 0;
  const times = matching.map(({ tolerationSeconds }) => tolerationSeconds).filter((seconds) => seconds !== undefined);
  return times.length === 0 ? undefined : timeOrZero(taint.timeAdded) + Math.max(0, Math.min(...times)) * 1000;
}

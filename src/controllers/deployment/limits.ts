import type { Deployment } from '../../api/apps-v1/deployment.ts';
import { resolvePercent } from '../../apimachinery/int-or-string.ts';

/** How many pods a rolling update may have too many and too few. */
export interface RollingLimits {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** How many replicas the deployment wants. */
export function wantedReplicas(deployment: Deployment): number {
  return deployment.spec?.replicas ?? 1;
}

/** Whether old pods go step by step as new ones come, which is the default. */
export function isRollingUpdate(deployment: Deployment): boolean {
  return deployment.spec?.strategy?.type !== 'Recreate';
}

/**
 * The numbers behind `maxSurge` (rounded up) and `maxUnavailable` (rounded down). If both were zero nothing could ever
 * move, so then one pod may be unavailable. A Recreate strategy has no limits: both are 0.
 */
export function rollingLimits(deployment: Deployment): RollingLimits {
  if (!isRollingUpdate(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const wanted = wantedReplicas(deployment);
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const surge = resolvePercent(maxSurge, wanted, 'up');
  const unavailable = resolvePercent(maxUnavailable, wanted, 'down');
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** The most pods that may be missing: never more than there should be. */
export function mostUnavailable(deployment: Deployment): number {
  const wanted = wantedReplicas(deployment);
  return wanted === 0 ? 0 : Math.min(rollingLimits(deployment).maxUnavailable, wanted);
}

/** The most pods that there may be at once. */
export function mostReplicas(deployment: Deployment): number {
  return wantedReplicas(deployment) + rollingLimits(deployment).maxSurge;
}

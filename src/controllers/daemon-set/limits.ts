import type { DaemonSet } from '../../api/apps-v1/daemon-set.ts';
import { resolvePercent } from '../../apimachinery/int-or-string.ts';

/** How many nodes a rolling update may leave without a working daemon, and on how many it may run two. */
export interface RollingLimits {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Whether daemons are replaced as the template changes, which is the default; else only when somebody deletes them. */
export function isRollingUpdate(set: DaemonSet): boolean {
  return set.spec?.updateStrategy?.type !== 'OnDelete';
}

/** Whether new daemons may start beside the old ones. */
export function allowsSurge(set: DaemonSet): boolean {
  return rollingLimits(set, 1).maxSurge > 0;
}

/** The numbers behind the fields, percentages of `desired` nodes rounded up. If nothing could move, one may be missing. */
export function rollingLimits(set: DaemonSet, desired: number): RollingLimits {
  if (!isRollingUpdate(set)) return { maxSurge: 0, maxUnavailable: 0 };
  const fields = set.spec?.updateStrategy?.rollingUpdate ?? {};
  const maxSurge = resolvePercent(fields.maxSurge ?? 0, desired, 'up');
  const maxUnavailable = resolvePercent(fields.maxUnavailable ?? 1, desired, 'up');
  const stuck = desired > 0 && maxSurge === 0 && maxUnavailable === 0;
  return { maxSurge, maxUnavailable: stuck ? 1 : maxUnavailable };
}

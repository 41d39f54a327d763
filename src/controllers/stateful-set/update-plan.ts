import type { StatefulSet } from '../../api/apps-v1/stateful-set.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { resolvePercent } from '../../apimachinery/int-or-string.ts';
import { isPodTerminal } from '../pod-state.ts';
import { revisionOf, wantedReplicas } from './identity.ts';
import type { View } from './plan.ts';
import { isHealthy, isTerminating, type Arrangement } from './replicas.ts';

/** How many places, from the lowest on, an update leaves alone. */
export function partitionOf(set: StatefulSet): number {
  return set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
}

/** How many pods an update may take down at once: at least one, percentages rounded down. */
export function maxUnavailable(set: StatefulSet): number {
  const limit = set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
  return Math.max(1, resolvePercent(limit, wantedReplicas(set), 'down'));
}

/** The pods to remove now so that they come back with the update revision, highest place first. */
export function planUpdate(view: View, arrangement: Arrangement): Pod[] {
  const { type, rollingUpdate } = view.set.spec?.updateStrategy ?? {};
  if (type === 'OnDelete') return [];
  const plan = rollingUpdate?.maxUnavailable === undefined ? oneByOne : withinLimit;
  return plan(view, arrangement);
}

/** The first that is outdated, unless one before it is not up again. */
function oneByOne(view: View, { size, replicas }: Arrangement): Pod[] {
  for (let place = size - 1; place >= partitionOf(view.set); place--) {
    const pod = replicas.get(place);
    if (pod && isOutdated(view, pod)) return [pod];
    if (!pod || !isHealthy(view.set, pod, view.now)) return [];
  }
  return [];
}

/**
 * As many outdated ones as the limit leaves room for. With parallel management those that are down anyway come first and
 * cost nothing: otherwise a broken revision would use up the room that its own repair needs.
 */
function withinLimit(view: View, { size, replicas }: Arrangement): Pod[] {
  const isUp = (pod: Pod) => isHealthy(view.set, pod, view.now);
  const down = size - [...replicas.values()].filter(isUp).length;
  const room = Math.max(0, maxUnavailable(view.set) - down);
  const outdated = [...replicas]
    .filter(([place, pod]) => place >= partitionOf(view.set) && isOutdated(view, pod))
    .sort(([a], [b]) => b - a)
    .map(([, pod]) => pod);
  if (view.set.spec?.podManagementPolicy !== 'Parallel') return outdated.slice(0, room);
  return [...outdated.filter((pod) => !isUp(pod)), ...outdated.filter(isUp).slice(0, room)];
}

/** Whether an update has to remove this pod. One that has ended goes anyway. */
function isOutdated({ update }: View, pod: Pod): boolean {
  return revisionOf(pod) !== update && !isTerminating(pod) && !isPodTerminal(pod);
}

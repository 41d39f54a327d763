import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { formatTime, timeOrZero } from '../../apimachinery/time.ts';
import { controller, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { findCondition, withoutCondition } from '../conditions.ts';
import { isPodTerminal } from '../pod-state.ts';
import { unlessGone } from '../unless-gone.ts';

/** Milliseconds that a pod may be about to be disrupted before that is taken to have been given up. */
const STALE_AFTER = 120_000;
const CONDITION = 'DisruptionTarget';

/**
 * Milliseconds until the pod's announced disruption is stale (0 or less: it is); undefined when none is announced. What
 * a kubelet announces never gets stale: the pod may take its time to stop.
 */
export function staleIn(pod: Pod, now: number): number | undefined {
  if (pod.metadata.deletionTimestamp || isPodTerminal(pod)) return undefined;
  const condition = findCondition(pod.status?.conditions, CONDITION);
  if (condition?.status !== 'True' || condition.reason === 'TerminationByKubelet') return undefined;
  return timeOrZero(condition.lastTransitionTime) + STALE_AFTER - now;
}

/** The pod's status with the announcement taken back. */
export function withoutDisruption({ metadata, status }: Pod, now: number): NonNullable<Pod['status']> {
  const { generation } = metadata;
  const condition = {
    type: CONDITION,
    status: 'False',
    lastTransitionTime: formatTime(now),
    ...(generation !== undefined && { observedGeneration: generation }),
  };
  return { ...status, conditions: [...withoutCondition(status?.conditions, CONDITION), condition] };
}

/** Takes announcements of disruptions back that did not come. */
export const staleConditionController: Controller = controller<Pod>({
  name: 'disruption-controller',
  queue: 'stale_pod_disruption',
  for: podKind,
  reconcile,
});

async function reconcile(key: string, { reader, client, clock }: ReconcileContext): Promise<void | { after: number }> {
  const pod = reader.get(podKind, key);
  const left = pod && staleIn(pod, clock.now());
  if (!pod || left === undefined) return undefined;
  if (left > 0) return { after: left };
  await unlessGone(client.updateStatus(podKind, { ...pod, status: withoutDisruption(pod, clock.now()) }));
  return undefined;
}

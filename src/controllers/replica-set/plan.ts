import type { Pod } from '../../api/core-v1/pod.ts';
import { dns1123Subdomain } from '../../apimachinery/names.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import { controllerOf, controllerRef, type New } from '../../apimachinery/object.ts';
import { planClaims, type Claims } from '../claim.ts';
import type { LabelSelector } from '../../apimachinery/label-selector.ts';
import { isPodActive, isPodTerminal } from '../pod-state.ts';
import type { PodKeeper } from './flavour.ts';
import { deletionOrder } from './rank.ts';

/** At most so many pods are made or removed in one go. */
const BURST = 500;

/** What a replica set has to do to reach its number of replicas. */
export interface ReplicaPlan {
  /** How many pods to make. */
  readonly create: number;
  /** Which pods to remove. */
  readonly remove: readonly Pod[];
}

/** Compares the active ones of `pods` with the wanted number. `related` are the pods that crowd a node. */
export function planReplicas(
  set: PodKeeper,
  pods: readonly Pod[],
  related: () => readonly Pod[],
  now: number,
): ReplicaPlan {
  if (set.metadata.deletionTimestamp) return { create: 0, remove: [] };
  const active = pods.filter(isPodActive);
  const missing = (set.spec?.replicas ?? 1) - active.length;
  if (missing >= 0) return { create: Math.min(missing, BURST), remove: [] };
  const ordered = deletionOrder(active, related().filter(isPodActive), now);
  return { create: 0, remove: ordered.slice(0, Math.min(-missing, BURST)) };
}

/**
 * Which of the pods that a set might control it keeps, takes and lets go. Pods that ended or are on their way out change
 * hands no more.
 */
export function planPodClaims(set: PodKeeper, selector: LabelSelector, candidates: readonly Pod[]): Claims<Pod> {
  const claims = planClaims(set, selector, candidates.filter(isPodActive));
  const leaving = candidates.filter((pod) => isTerminating(pod) && isOwn(set, pod));
  claims.keep.push(...leaving.filter((pod) => selector.matches(pod.metadata.labels)));
  return claims;
}

function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined && !isPodTerminal(pod);
}

function isOwn(set: PodKeeper, pod: Pod): boolean {
  return controllerOf(pod)?.uid === set.metadata.uid;
}

/** A new pod as the template describes it. */
export function podFromTemplate(set: PodKeeper, kind: Kind<any>): New<Pod> {
  const { metadata = {}, spec } = set.spec?.template ?? {};
  const prefix = `${set.metadata.name}-`;
  return {
    metadata: {
      namespace: set.metadata.namespace!,
      generateName: dns1123Subdomain(`${prefix}x`).length === 0 ? prefix : set.metadata.name,
      ...(metadata.labels && { labels: { ...metadata.labels } }),
      ...(metadata.annotations && { annotations: { ...metadata.annotations } }),
      ...(metadata.finalizers && { finalizers: [...metadata.finalizers] }),
      ownerReferences: [controllerRef(set, kind)],
    },
    spec: structuredClone(spec),
  };
}

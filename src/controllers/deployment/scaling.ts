import type { Deployment } from '../../api/apps-v1/deployment.ts';
import type { ReplicaSet } from '../../api/apps-v1/replica-set.ts';
import { isRollingUpdate, mostReplicas, mostUnavailable, wantedReplicas } from './limits.ts';
import { byAge, byRevision, desiredReplicasAnnotation, integerAnnotation, maxReplicasAnnotation } from './revisions.ts';

/** A replica set and how many replicas it should have. */
export interface Scaling {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

/** A deployment's replica sets: the one of its template, and the others. */
export interface Sets {
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

/** How many pods a set is to have; 1 when it does not say. */
export function sizeOf(set: ReplicaSet): number {
  return set.spec?.replicas ?? 1;
}

/** How many pods the sets are to have together. */
export function totalSize(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + sizeOf(set), 0);
}

function availableOf(set: ReplicaSet): number {
  return set.status?.availableReplicas ?? 0;
}

/** Whether the deployment's size was changed since a running replica set was last scaled. */
export function wasResized(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  return sets.some((set) => {
    const noted = integerAnnotation(set, desiredReplicasAnnotation);
    return sizeOf(set) > 0 && noted !== undefined && noted !== wantedReplicas(deployment);
  });
}

/** How many replicas the new replica set may have now, without exceeding the surge. Never fewer than it has. */
export function newSetSize(deployment: Deployment, sets: readonly ReplicaSet[], currentSize: number): number {
  const wanted = wantedReplicas(deployment);
  if (!isRollingUpdate(deployment)) return wanted;
  const room = mostReplicas(deployment) - totalSize(sets);
  if (room <= 0) return currentSize;
  return currentSize + Math.max(0, Math.min(room, wanted - currentSize));
}

/**
 * The next step of a rolling update: grow (or shrink) the new replica set; if that is as it should be, take away from
 * the old ones what availability allows, unhealthy pods first. Empty when there is nothing to do at the moment. One set
 * can come twice: users are told of what did not work apart from what makes room.
 */
export function planRollingStep(deployment: Deployment, { current, old }: Sets): Scaling[] {
  if (!current) return [];
  const wanted = wantedReplicas(deployment);
  const size = sizeOf(current);
  const next = size > wanted ? wanted : newSetSize(deployment, [...old, current], size);
  if (next !== size) return [{ set: current, replicas: next }];
  return planOldSets(deployment, current, old);
}

function planOldSets(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Scaling[] {
  if (totalSize(old) === 0) return [];
  const fewest = wantedReplicas(deployment) - mostUnavailable(deployment);
  const currentMissing = sizeOf(current) - availableOf(current);
  const spare = totalSize([...old, current]) - fewest - currentMissing;
  if (spare <= 0) return [];
  const sizes = new Map(old.map((set) => [set, sizeOf(set)]));
  const oldest = [...old].sort(byAge);
  dropUnhealthy(oldest, sizes, spare);
  const useless = changed(sizes);
  const before = new Map(sizes);
  const available = [...old, current].reduce((sum, set) => sum + availableOf(set), 0);
  dropHealthy(oldest, sizes, available - fewest);
  return [...useless, ...changed(sizes, before)];
}

/** Pods that are not available can go without harm. */
function dropUnhealthy(sets: readonly ReplicaSet[], sizes: Map<ReplicaSet, number>, most: number): void {
  for (const set of sets) {
    const dropped = Math.max(0, Math.min(most, sizes.get(set)! - availableOf(set)));
    sizes.set(set, sizes.get(set)! - dropped);
    most -= dropped;
  }
}

function dropHealthy(sets: readonly ReplicaSet[], sizes: Map<ReplicaSet, number>, most: number): void {
  for (const set of sets) {
    const dropped = Math.max(0, Math.min(most, sizes.get(set)!));
    sizes.set(set, sizes.get(set)! - dropped);
    most -= dropped;
  }
}

function changed(sizes: ReadonlyMap<ReplicaSet, number>, before?: ReadonlyMap<ReplicaSet, number>): Scaling[] {
  return [...sizes]
    .filter(([set, size]) => size !== (before?.get(set) ?? sizeOf(set)))
    .map(([set, replicas]) => ({ set, replicas }));
}

/** All of the old replica sets that run, stopped. */
export function planStopOld(old: readonly ReplicaSet[]): Scaling[] {
  return old.filter((set) => sizeOf(set) > 0).map((set) => ({ set, replicas: 0 }));
}

/**
 * How a change of the deployment's size is shared. With one replica set running (or none: then the newest) that one takes all of
 * it; in the middle of a rolling update each takes its share, so that no version is lost by scaling.
 * Sets of unchanged size are in the answer too: their notes of the deployment's size are renewed.
 */
export function planResize(deployment: Deployment, sets: Sets): Scaling[] {
  const wanted = wantedReplicas(deployment);
  const only = onlyRunning(sets);
  if (only) return [{ set: only, replicas: wanted }];
  if (isSaturated(deployment, sets.current)) return planStopOld(sets.old);
  return isRollingUpdate(deployment) ? shares(deployment, sets) : [];
}

/** The one that runs; if none does the new one, else the latest; undefined if several run. */
function onlyRunning({ current, old }: Sets): ReplicaSet | undefined {
  const running = [...old, ...(current ? [current] : [])].filter((set) => sizeOf(set) > 0);
  if (running.length > 1) return undefined;
  return running[0] ?? current ?? [...old].sort((a, b) => byRevision(b, a) || byAge(b, a))[0];
}

/** Whether the new replica set has all that the deployment wants, and available. */
function isSaturated(deployment: Deployment, current: ReplicaSet | undefined): boolean {
  if (!current) return false;
  const wanted = wantedReplicas(deployment);
  const noted = integerAnnotation(current, desiredReplicasAnnotation);
  return sizeOf(current) === wanted && noted === wanted && availableOf(current) === wanted;
}

function shares(deployment: Deployment, { current, old }: Sets): Scaling[] {
  const running = [...old, ...(current ? [current] : [])].filter((set) => sizeOf(set) > 0);
  const allowed = wantedReplicas(deployment) > 0 ? mostReplicas(deployment) : 0;
  const toAdd = allowed - totalSize(running);
  // The largest take their share first; of equals the newer grow and the older shrink.
  running.sort((a, b) => sizeOf(b) - sizeOf(a) || (toAdd > 0 ? byAge(b, a) : byAge(a, b)));
  let added = 0;
  const sizes = running.map((set) => {
    const share = limited(shareOf(deployment, set), toAdd - added);
    added += share;
    return sizeOf(set) + share;
  });
  // What rounding left over goes to the largest.
  if (sizes.length > 0) sizes[0] = Math.max(0, sizes[0]! + toAdd - added);
  return running.map((set, i) => ({ set, replicas: sizes[i]! }));
}

/** A share never goes in the other direction than what is left, nor beyond it. */
function limited(share: number, left: number): number {
  if (left === 0) return 0;
  return left > 0 ? Math.max(0, Math.min(share, left)) : Math.min(0, Math.max(share, left));
}

/** By how much a set changes when its part of the whole stays the same. */
function shareOf(deployment: Deployment, set: ReplicaSet): number {
  const size = sizeOf(set);
  if (wantedReplicas(deployment) === 0) return -size;
  const before = integerAnnotation(set, maxReplicasAnnotation) || deployment.status?.replicas || 0;
  if (before <= 0) return 0;
  return Math.round((size * mostReplicas(deployment)) / before) - size;
}

import type { StatefulSet } from '../../api/apps-v1/stateful-set.ts';
import type { PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { isPodTerminal } from '../pod-state.ts';
import { claimNames, firstOrdinal, isWanted, ordinalOf, repairedPod, revisionOf } from './identity.ts';
import { arrange, isHealthy, isStuck, isTerminating, type Arrangement } from './replicas.ts';
import { deletesWhenScaled, isStaleClaim, planOwners } from './retention.ts';
import { partitionOf, planUpdate } from './update-plan.ts';

/** At most so many pods are made in one go. */
const BURST = 500;

/** What a plan is made of. */
export interface View {
  readonly set: StatefulSet;
  /** Names of the revision that the set comes from and of the one it goes to. */
  readonly current: string;
  readonly update: string;
  /** The set's members. */
  readonly pods: readonly Pod[];
  /** The claim of this name in the set's namespace. */
  readonly claim: (name: string) => PersistentVolumeClaim | undefined;
  readonly now: number;
}

/** One thing to do. */
export type Step =
  /** Make the pod `ordinal`, and its claims first. */
  | { readonly do: 'create'; readonly ordinal: number; readonly revision: 'current' | 'update' }
  /** Remove a pod that has ended, so that it can be made again. */
  | { readonly do: 'recreate'; readonly pod: Pod }
  /** Make the claims that a pending pod lacks, and see to their owners. */
  | { readonly do: 'claims'; readonly pod: Pod }
  /** Give a pod its labels, its volumes, and its claims their owners. */
  | { readonly do: 'repair'; readonly pod: Pod }
  /** See to the owners of a surplus pod's claims. */
  | { readonly do: 'own'; readonly pod: Pod }
  /** Remove a pod that is surplus or outdated. */
  | { readonly do: 'delete'; readonly pod: Pod };

/** What to do for a place among the replicas, and whether the places after it have to wait. */
interface Move {
  readonly steps: readonly Step[];
  readonly blocks: boolean;
}

const next: Move = { steps: [], blocks: false };
const wait: Move = { steps: [], blocks: true };

/**
 * What to do so that the set comes closer to what it should be, in phases that each begin when the one before has
 * succeeded. With ordered management the steps of a phase follow one another, and what is not healthy stops all that is
 * after it; with parallel management they are done at once and nothing waits.
 */
export function planSet(view: View): readonly (readonly Step[])[] {
  if (view.set.metadata.deletionTimestamp) return [];
  const arrangement = arrange(view.set, view.pods);
  const { condemned } = arrangement;
  const moves = planReplicas(view, arrangement);
  if (moves.blocks) return [moves.steps];
  const own = condemned.filter((pod) => claimsNeedOwners(view, pod)).map((pod): Step => ({ do: 'own', pod }));
  const surplus = planCondemned(view, condemned);
  const early = [moves.steps, own, surplus.steps];
  return surplus.blocks ? early : [...early, planUpdate(view, arrangement).map((pod): Step => ({ do: 'delete', pod }))];
}

/** Whether pods come and go one after the other. */
export function isOrdered(set: StatefulSet): boolean {
  return set.spec?.podManagementPolicy !== 'Parallel';
}

function planReplicas(view: View, { size, replicas }: Arrangement): Move {
  const ordered = isOrdered(view.set);
  const steps: Step[] = [];
  for (let place = 0, made = 0; place < size && made < BURST; place++) {
    const pod = replicas.get(place);
    const move = pod ? planPresent(view, place, pod) : planMissing(view, place);
    steps.push(...move.steps);
    if (move.blocks && ordered) return { steps, blocks: true };
    if (!pod) made++;
  }
  return { steps, blocks: false };
}

function planMissing(view: View, place: number): Move {
  const { set, claim } = view;
  const ordinal = firstOrdinal(set) + place;
  const podName = `${set.metadata.name}-${ordinal}`;
  const claims = deletesWhenScaled(set) ? claimNames(set, ordinal).map(claim) : [];
  if (claims.some((one) => one && isStaleClaim(set, podName, one))) return wait;
  return { steps: [{ do: 'create', ordinal, revision: placeRevision(view, place) }], blocks: true };
}

/** The revision of which a pod in this place is made: places before the partition stay at the current one. */
function placeRevision({ set }: View, place: number): 'current' | 'update' {
  return place < partitionOf(set) ? 'current' : 'update';
}

function planPresent(view: View, place: number, pod: Pod): Move {
  const { set, now } = view;
  if (isPodTerminal(pod)) return isTerminating(pod) ? wait : { steps: [{ do: 'recreate', pod }], blocks: true };
  if (isTerminating(pod)) return wait;
  if (!isHealthy(set, pod, now)) return planUnhealthy(view, place, pod);
  return isConsistent(view, pod) ? next : { steps: [{ do: 'repair', pod }], blocks: false };
}

function planUnhealthy(view: View, place: number, pod: Pod): Move {
  if (isOrdered(view.set) && isReplaceable(view, place, pod)) return { steps: [{ do: 'delete', pod }], blocks: true };
  const lacking = pod.status?.phase === 'Pending' && !hasItsClaims(view, pod);
  if (lacking) return { steps: [{ do: 'claims', pod }], blocks: true };
  // With parallel management all pods are kept in shape, whatever their state.
  const odd = !isOrdered(view.set) && !isConsistent(view, pod);
  return odd ? { steps: [{ do: 'repair', pod }], blocks: false } : wait;
}

/**
 * Whether a pod that cannot come up is of a revision that is not meant any more. It would stop the very update that
 * repairs it for ever. Pods that are merely not ready are waited for, as upstream does: their containers run, and nobody
 * knows what they are doing. (With parallel management nothing waits, and the update itself replaces them.)
 */
function isReplaceable(view: View, place: number, pod: Pod): boolean {
  if (view.set.spec?.updateStrategy?.type === 'OnDelete') return false;
  return revisionOf(pod) !== view[placeRevision(view, place)] && isStuck(pod);
}

function hasItsClaims(view: View, pod: Pod): boolean {
  return claimNames(view.set, ordinalOf(pod)).every(view.claim) && !claimsNeedOwners(view, pod);
}

function isConsistent(view: View, pod: Pod): boolean {
  return !repairedPod(view.set, pod) && !claimsNeedOwners(view, pod);
}

/** Of a surplus pod whose claims are to go with it, also those that the local copy does not show yet. */
function claimsNeedOwners({ set, claim }: View, pod: Pod): boolean {
  const ordinal = ordinalOf(pod);
  const goesWithPod = deletesWhenScaled(set) && !isWanted(set, ordinal);
  return claimNames(set, ordinal).some((name) => {
    const found = claim(name);
    return found ? planOwners(set, pod, found) !== undefined : goesWithPod;
  });
}

/**
 * Surplus pods go from the highest ordinal down. With ordered management one that is not healthy is only removed when no
 * pod before it is in trouble too. Those that have ended are in none: nothing could be waited for.
 */
function planCondemned({ set, now }: View, condemned: readonly Pod[]): Move {
  const remaining = condemned.filter((pod) => !isTerminating(pod));
  if (!isOrdered(set)) return { steps: remaining.map((pod) => ({ do: 'delete', pod })), blocks: false };
  const [highest] = condemned;
  if (!highest) return next;
  if (isTerminating(highest)) return wait;
  const unhealthy = condemned.filter((pod) => !isPodTerminal(pod) && !isHealthy(set, pod, now));
  if (unhealthy.includes(highest) && unhealthy.at(-1) !== highest) return wait;
  return { steps: [{ do: 'delete', pod: highest }], blocks: true };
}

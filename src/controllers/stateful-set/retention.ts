import { statefulSet, type StatefulSet } from '../../api/apps-v1/stateful-set.ts';
import type { PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import {
  apiVersionOf,
  controllerOf,
  controllerRef,
  type KubeObject,
  type OwnerReference,
} from '../../apimachinery/object.ts';
import { isWanted, ordinalOf, parsePodName } from './identity.ts';

/** What is to happen to the claims when the set is deleted and when it gets smaller. */
export function retentionPolicy(set: StatefulSet): { whenDeleted: string; whenScaled: string } {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {};
  return { whenDeleted, whenScaled };
}

/** Whether claims go with the pods of a set that gets smaller. */
export function deletesWhenScaled(set: StatefulSet): boolean {
  return retentionPolicy(set).whenScaled === 'Delete';
}

/**
 * The owners that a claim of `pod` must have so that the garbage collector does what the retention policy says: the set
 * when claims go with it, the pod when it is surplus and claims go with those. Undefined when they are right as they are,
 * or when the claim belongs to a set or pod of the past: that is the garbage collector's.
 */
export function planOwners(set: StatefulSet, pod: Pod, claim: PersistentVolumeClaim): OwnerReference[] | undefined {
  const owners = claim.metadata.ownerReferences ?? [];
  if (isLeftOver(owners, statefulSet, set) || isLeftOver(owners, podKind, pod)) return undefined;
  const others = owners.filter((owner) => !names(owner, statefulSet, set) && !names(owner, podKind, pod));
  const wanted = hasOtherController(set, claim) ? undefined : wantedOwner(set, pod);
  const ours = owners.filter((owner) => !others.includes(owner));
  if (wanted ? ours.length === 1 && sameOwner(ours[0]!, wanted) : ours.length === 0) return undefined;
  return wanted ? [...others, wanted] : others;
}

/** Whether somebody else controls the claim, so that the policy cannot be carried out: not the set and not one of its pods. */
export function hasOtherController(set: StatefulSet, claim: PersistentVolumeClaim): boolean {
  const { whenDeleted, whenScaled } = retentionPolicy(set);
  if (whenDeleted === 'Retain' && whenScaled === 'Retain') return false;
  const controller = controllerOf(claim);
  return controller !== undefined && !names(controller, statefulSet, set) && !namesMember(controller, set);
}

/** The owners of a claim that is made for a pod that the set wants. */
export function initialOwners(set: StatefulSet): OwnerReference[] {
  return retentionPolicy(set).whenDeleted === 'Delete' ? [controllerRef(set, statefulSet)] : [];
}

function wantedOwner(set: StatefulSet, pod: Pod): OwnerReference | undefined {
  const { whenDeleted, whenScaled } = retentionPolicy(set);
  if (whenScaled === 'Delete' && !isWanted(set, ordinalOf(pod))) return controllerRef(pod, podKind);
  return whenDeleted === 'Delete' ? controllerRef(set, statefulSet) : undefined;
}

/**
 * Whether the claim waits for its deletion with a pod of this name that is gone: a new pod must not use it. Only where
 * claims go with surplus pods.
 */
export function isStaleClaim(set: StatefulSet, podName: string, claim: PersistentVolumeClaim): boolean {
  if (!deletesWhenScaled(set)) return false;
  const { apiVersion, kind } = refOf(podKind);
  const owners = claim.metadata.ownerReferences ?? [];
  return owners.some((o) => o.apiVersion === apiVersion && o.kind === kind && o.name === podName);
}

/** Whether the first reference that names `object` means an earlier one of that name. */
function isLeftOver(owners: readonly OwnerReference[], kind: Kind<any>, object: KubeObject): boolean {
  const found = owners.find((owner) => names(owner, kind, object));
  return found !== undefined && found.uid !== object.metadata.uid;
}

function names(owner: OwnerReference, kind: Kind<any>, object: KubeObject): boolean {
  const ref = refOf(kind);
  return owner.apiVersion === ref.apiVersion && owner.kind === ref.kind && owner.name === object.metadata.name;
}

function namesMember(owner: OwnerReference, set: StatefulSet): boolean {
  const ref = refOf(podKind);
  const parent = parsePodName(owner.name)?.parent;
  return owner.apiVersion === ref.apiVersion && owner.kind === ref.kind && parent === set.metadata.name;
}

function refOf(kind: Kind<any>): { apiVersion: string; kind: string } {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind };
}

function sameOwner(a: OwnerReference, b: OwnerReference): boolean {
  return a.uid === b.uid && a.controller === b.controller;
}

import type { PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import type { PersistentVolume } from '../../api/core-v1/persistent-volume.ts';
import {
  bestVolume,
  isBoundTo,
  noProvisioner,
  storageClassOf,
  volumeAnnotations,
} from '../../api/core-v1/volume-matching.ts';
import type { CSIStorageCapacity } from '../../api/storage-v1/csi-storage-capacity.ts';
import type { StorageClass } from '../../api/storage-v1/storage-class.ts';
import { selectorFromObject } from '../../apimachinery/label-selector.ts';
import { quantityValue } from '../../apimachinery/quantity.ts';
import type { NodeInfo } from '../node-info.ts';
import type { AssumedVolumes } from './assumed-volumes.ts';
import type { PodClaims } from './pod-claims.ts';
import { reaches, type StorageView } from './storage-view.ts';

/** How the claims of a pod that are still open are served when it runs on a certain node. */
export interface VolumeChoice {
  readonly matched: readonly { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[];
  /** A volume is to be made for these. */
  readonly provisioned: readonly PersistentVolumeClaim[];
}

const CONFLICT = 'node(s) had volume node affinity conflict';
const NO_MATCH = "node(s) didn't find available persistent volumes to bind";
const NO_SPACE = 'node(s) did not have enough free storage';
const NO_VOLUME = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';

/** The choice for a node, or why the pod's volumes keep it from there. */
export function chooseVolumes(
  claims: PodClaims,
  node: NodeInfo,
  view: StorageView,
  assumed: AssumedVolumes,
): VolumeChoice | { readonly reasons: readonly string[] } {
  const reasons = [...whyBoundKeepAway(claims.bound, node, view)];
  const matched: { claim: PersistentVolumeClaim; volume: PersistentVolume }[] = [];
  const provisioned: PersistentVolumeClaim[] = [];
  for (const claim of claims.delayed.toSorted(bySize)) {
    const selected = assumed.nodeOf(claim) ?? claim.metadata.annotations?.[volumeAnnotations.selectedNode];
    const volume = selected === undefined ? findVolume(claim, node, view, assumed, matched) : undefined;
    const why = volume ? undefined : whyNotProvisioned(claim, selected, node, view);
    if (why) reasons.push(why);
    else if (volume) matched.push({ claim, volume });
    else provisioned.push(claim);
  }
  return reasons.length > 0 ? { reasons: [...new Set(reasons)].sort() } : { matched, provisioned };
}

function* whyBoundKeepAway(
  claims: readonly PersistentVolumeClaim[],
  node: NodeInfo,
  view: StorageView,
): Generator<string> {
  for (const { spec } of claims) {
    const volume = view.volume(spec!.volumeName!);
    if (!volume) yield NO_VOLUME;
    else if (!reaches(volume, node)) yield CONFLICT;
  }
}

/** A claim for which a volume is kept gets that one or none. */
function findVolume(
  claim: PersistentVolumeClaim,
  node: NodeInfo,
  view: StorageView,
  assumed: AssumedVolumes,
  taken: VolumeChoice['matched'],
): PersistentVolume | undefined {
  const volumes = view.volumesOfClass(storageClassOf(claim));
  const kept = volumes.find((volume) => isBoundTo(volume, claim) || assumed.holderOf(volume) === claim.metadata.uid);
  if (kept) return reaches(kept, node) ? kept : undefined;
  return bestVolume(claim, volumes, {
    accepts: (volume) =>
      reaches(volume, node) &&
      assumed.holderOf(volume) === undefined &&
      !taken.some((other) => other.volume.metadata.uid === volume.metadata.uid),
  });
}

function whyNotProvisioned(
  claim: PersistentVolumeClaim,
  selected: string | undefined,
  node: NodeInfo,
  view: StorageView,
): string | undefined {
  // It is being made for another node.
  if (selected !== undefined && selected !== node.name) return CONFLICT;
  const storageClass = view.classNamed(storageClassOf(claim));
  if (!storageClass || storageClass.provisioner === noProvisioner) return NO_MATCH;
  if (!allows(storageClass, node)) return NO_MATCH;
  return hasRoom(claim, storageClass, node, view) ? undefined : NO_SPACE;
}

/** Whether volumes of the class can be made for the node: one of its topology terms must match, if there are any. */
function allows({ allowedTopologies = [] }: StorageClass, { labels }: NodeInfo): boolean {
  if (allowedTopologies.length === 0) return true;
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => {
      const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
      return value !== undefined && values.includes(value);
    }),
  );
}

/** Whether the driver has room for the claim where the node can use it; only some drivers tell. */
function hasRoom(claim: PersistentVolumeClaim, of: StorageClass, node: NodeInfo, view: StorageView): boolean {
  if (!view.driver(of.provisioner)?.spec.storageCapacity) return true;
  const size = sizeOf(claim);
  return view.capacitiesOfClass(of.metadata.name).some((capacity) => fits(capacity, size) && isFor(capacity, node));
}

function fits({ maximumVolumeSize, capacity }: CSIStorageCapacity, size: number): boolean {
  const limit = maximumVolumeSize ?? capacity;
  return limit !== undefined && quantityValue(limit) >= size;
}

function isFor({ nodeTopology }: CSIStorageCapacity, { labels }: NodeInfo): boolean {
  return nodeTopology !== undefined && selectorFromObject(nodeTopology).matches(labels);
}

function bySize(a: PersistentVolumeClaim, b: PersistentVolumeClaim): number {
  return sizeOf(a) - sizeOf(b);
}

function sizeOf({ spec }: PersistentVolumeClaim): number {
  return quantityValue(spec?.resources?.requests?.['storage']);
}

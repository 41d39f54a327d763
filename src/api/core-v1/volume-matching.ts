import { selectorFromObject } from '../../apimachinery/label-selector.ts';
import { parseQuantity, zeroQuantity, type Quantity } from '../../apimachinery/quantity.ts';
import type { PersistentVolumeClaim } from './persistent-volume-claim.ts';
import type { PersistentVolume } from './persistent-volume-type.ts';

/** How claims and volumes named their class before they had a field for it; it wins over the field. */
export const oldClassAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** Annotations by which the binder, the scheduler and provisioners speak of a claim and its volume. */
export const volumeAnnotations = {
  /** On a claim: its binding is complete. */
  bindCompleted: 'pv.kubernetes.io/bind-completed',
  /** On a claim or a volume: it was not its author who chose the other one. */
  boundByController: 'pv.kubernetes.io/bound-by-controller',
  /** On a volume: the provisioner that made it. */
  provisionedBy: 'pv.kubernetes.io/provisioned-by',
  /** On a claim: the node on which its first user is going to run. */
  selectedNode: 'volume.kubernetes.io/selected-node',
  /** On a claim: who is to make a volume for it, under the present name and the old one. */
  provisioner: 'volume.kubernetes.io/storage-provisioner',
  oldProvisioner: 'volume.beta.kubernetes.io/storage-provisioner',
} as const;

/** The provisioner of classes whose volumes are made by hand. */
export const noProvisioner = 'kubernetes.io/no-provisioner';

type Classed = { metadata: PersistentVolume['metadata']; spec?: { storageClassName?: string } };

/** The storage class of a claim or a volume; empty when it has none. */
export function storageClassOf({ metadata, spec }: Classed): string {
  return metadata.annotations?.[oldClassAnnotation] ?? spec?.storageClassName ?? '';
}

/** Whether a claim says of what class it is, be it of none. */
export function saysClass({ metadata, spec }: PersistentVolumeClaim): boolean {
  return spec?.storageClassName !== undefined || metadata.annotations?.[oldClassAnnotation] !== undefined;
}

export function isBindCompleted({ metadata }: PersistentVolumeClaim): boolean {
  return metadata.annotations?.[volumeAnnotations.bindCompleted] !== undefined;
}

/** Whether the volume is, or is to be, this claim's: its author may have named the claim before that had a uid. */
export function isBoundTo({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const ref = spec?.claimRef;
  if (!ref || ref.name !== metadata.name || ref.namespace !== metadata.namespace) return false;
  return !ref.uid || ref.uid === metadata.uid;
}

/** Why a claim cannot have the volume that it names, in upstream's words; undefined when it can. */
export function whyUnsuitable(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (capacityOf(volume).compare(requestOf(claim)) < 0) return 'requested PV is too small';
  if (storageClassOf(volume) !== storageClassOf(claim)) return 'storageClassName does not match';
  if (!sameAttributesClass(volume, claim)) return 'volumeAttributesClassName does not match';
  if (!sameMode(volume, claim)) return 'incompatible volumeMode';
  return hasModes(volume, claim) ? undefined : 'incompatible accessMode';
}

export interface Matching {
  /** Whether only a volume that names the claim will do: the choice is the scheduler's. */
  readonly reservedOnly?: boolean;
  /** A further condition, such as that the volume can be reached from a node. */
  readonly accepts?: (volume: PersistentVolume) => boolean;
}

/**
 * The volume that serves a claim best: one that names it, else the one that can do least beyond what is asked for, else
 * the smallest that is large enough.
 */
export function bestVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  { reservedOnly = false, accepts = () => true }: Matching = {},
): PersistentVolume | undefined {
  const size = requestOf(claim);
  const usable = volumes.filter(
    (volume) =>
      !volume.metadata.deletionTimestamp &&
      sameMode(volume, claim) &&
      sameAttributesClass(volume, claim) &&
      capacityOf(volume).compare(size) >= 0 &&
      accepts(volume),
  );
  const reserved = usable.find((volume) => isBoundTo(volume, claim));
  if (reserved || reservedOnly) return reserved;
  const selector = selectorFromObject(claim.spec?.selector);
  const selects = (volume: PersistentVolume) => !claim.spec?.selector || selector.matches(volume.metadata.labels ?? {});
  const free = (volume: PersistentVolume) => volume.status?.phase === 'Available' && !volume.spec?.claimRef;
  const sameClass = (volume: PersistentVolume) => storageClassOf(volume) === storageClassOf(claim);
  return smallest(usable.filter((v) => free(v) && sameClass(v) && hasModes(v, claim) && selects(v)));
}

function smallest(volumes: readonly PersistentVolume[]): PersistentVolume | undefined {
  const modes = (volume: PersistentVolume) => volume.spec?.accessModes?.length ?? 0;
  let best: PersistentVolume | undefined;
  for (const volume of volumes) {
    const order = best ? modes(volume) - modes(best) || capacityOf(volume).compare(capacityOf(best)) : -1;
    if (order < 0) best = volume;
  }
  return best;
}

function requestOf({ spec }: PersistentVolumeClaim): Quantity {
  const text = spec?.resources?.requests?.['storage'];
  return text === undefined ? zeroQuantity : parseQuantity(text);
}

function capacityOf({ spec }: PersistentVolume): Quantity {
  const text = spec?.capacity?.['storage'];
  return text === undefined ? zeroQuantity : parseQuantity(text);
}

/** Whether both are a file system, or both are a block device. */
export function sameMode(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (volume.spec?.volumeMode ?? 'Filesystem') === (claim.spec?.volumeMode ?? 'Filesystem');
}

function sameAttributesClass(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (volume.spec?.volumeAttributesClassName ?? '') === (claim.spec?.volumeAttributesClassName ?? '');
}

function hasModes(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const offered = new Set(volume.spec?.accessModes);
  return (claim.spec?.accessModes ?? []).every((mode) => offered.has(mode));
}

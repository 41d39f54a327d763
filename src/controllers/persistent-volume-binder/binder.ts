import { persistentVolumeClaim, type PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import { persistentVolume, type PersistentVolume } from '../../api/core-v1/persistent-volume.ts';
import { claimKeysOfPod } from '../../api/core-v1/pod-claims.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { isBindCompleted, storageClassOf } from '../../api/core-v1/volume-matching.ts';
import { defaultClassOf, storageClass, type StorageClass } from '../../api/storage-v1/storage-class.ts';
import { keyOf } from '../../apimachinery/object.ts';
import { controller, type ClusterReader, type ReconcileContext } from '../../client/controller.ts';
import { actOnClaim } from './act-on-claim.ts';
import { actOnVolume } from './act-on-volume.ts';
import { planClaim, type ClaimPlan } from './claim-plan.ts';
import { volumeOfRecycler } from './recycle.ts';
import { planVolume } from './volume-plan.ts';

/** Milliseconds after which a claim without a volume is looked at again, and reported again. */
const LOOK_AGAIN = 15_000;

const byClaim = 'binder-claim';
const freeByClass = 'binder-free';
const openByClass = 'binder-open';

/**
 * Binds claims to volumes, tells provisioners what is wanted, and decides what becomes of volumes whose claims are gone.
 * Its keys are those of claims (with a namespace) and of volumes (without): one worker sees both, so that no two claims
 * are promised one volume; the versions of the objects keep that safe when the local copies are behind.
 */
export const persistentVolumeBinderController = controller<PersistentVolumeClaim>({
  name: 'persistentvolume-binder-controller',
  eventSource: 'persistentvolume-controller',
  for: persistentVolumeClaim,
  watches: [
    { kind: persistentVolumeClaim, keys: volumeNamed, indexes: { [openByClass]: openClass } },
    { kind: persistentVolume, keys: keysOfVolume, indexes: { [byClaim]: claimNamed, [freeByClass]: freeClass } },
    { kind: storageClass, keys: keysOfClass },
    { kind: podKind, keys: volumeOfRecycler, indexes: { [byClaim]: claimsAwaited } },
  ],
  reconcile: (key, context) => (key.includes('/') ? reconcileClaim(key, context) : reconcileVolume(key, context)),
});

function volumeNamed({ spec }: PersistentVolumeClaim): string[] {
  return spec?.volumeName ? [spec.volumeName] : [];
}

/** A claim that has no volume yet, by the class that it wants. */
function openClass(claim: PersistentVolumeClaim): string[] {
  return isBindCompleted(claim) ? [] : [storageClassOf(claim)];
}

function claimNamed({ spec }: PersistentVolume): string[] {
  return spec?.claimRef ? [keyOf({ namespace: spec.claimRef.namespace, name: spec.claimRef.name! })] : [];
}

function freeClass(volume: PersistentVolume): string[] {
  return volume.spec?.claimRef ? [] : [storageClassOf(volume)];
}

/** The keys of the claims for which a pod without a node waits. */
function claimsAwaited(pod: Pod): string[] {
  const { spec, status } = pod;
  if (spec?.nodeName || status?.phase === 'Succeeded' || status?.phase === 'Failed') return [];
  return claimKeysOfPod(pod);
}

/** A volume concerns the claim that it names; one that is free, all that could have it. */
function keysOfVolume(volume: PersistentVolume, reader: ClusterReader): string[] {
  const own = [volume.metadata.name, ...claimNamed(volume)];
  if (volume.spec?.claimRef || volume.status?.phase !== 'Available') return own;
  return [...own, ...openClaims(reader, storageClassOf(volume))];
}

/** A class concerns the claims that want it; the default one also those that name none. */
function keysOfClass(one: StorageClass, reader: ClusterReader): string[] {
  const wanted = openClaims(reader, one.metadata.name);
  return defaultClassOf([one]) ? [...wanted, ...openClaims(reader, '')] : wanted;
}

function openClaims(reader: ClusterReader, className: string): string[] {
  return reader.byIndex(persistentVolumeClaim, openByClass, className).map((claim) => keyOf(claim));
}

async function reconcileClaim(key: string, context: ReconcileContext): Promise<void | { after: number }> {
  const claim = context.reader.get(persistentVolumeClaim, key);
  if (!claim) {
    for (const volume of context.reader.byIndex(persistentVolume, byClaim, key)) await reconcileOne(volume, context);
    return;
  }
  const plan = await checked(plannedFor(key, claim, context), claim, context);
  await actOnClaim(plan, claim, context);
  return isBindCompleted(claim) || plan.do === 'bind' ? undefined : { after: LOOK_AGAIN };
}

function plannedFor(key: string, claim: PersistentVolumeClaim, { reader }: ReconcileContext): ClaimPlan {
  const className = storageClassOf(claim);
  const { volumeName } = claim.spec ?? {};
  return planClaim({
    claim,
    volume: volumeName ? reader.get(persistentVolume, volumeName) : undefined,
    candidates: [
      ...reader.byIndex(persistentVolume, byClaim, key),
      ...reader.byIndex(persistentVolume, freeByClass, className),
    ],
    storageClass: className ? reader.get(storageClass, className) : undefined,
    defaultClass: defaultClassOf(reader.list(storageClass)),
    waitingPods: reader.byIndex(podKind, byClaim, key),
  });
}

/** The local copy of the volumes may be behind that of the claims: before a claim is given up the server is asked. */
async function checked(
  plan: ClaimPlan,
  claim: PersistentVolumeClaim,
  { client }: ReconcileContext,
): Promise<ClaimPlan> {
  const name = claim.spec?.volumeName;
  if (plan.do !== 'lose' || claim.status?.phase === 'Lost' || !name) return plan;
  const volume = await client.find(persistentVolume, { name });
  return planClaim({
    claim,
    volume,
    candidates: [],
    storageClass: undefined,
    defaultClass: undefined,
    waitingPods: [],
  });
}

async function reconcileVolume(name: string, context: ReconcileContext): Promise<void | { after: number }> {
  const volume = context.reader.get(persistentVolume, name);
  return volume ? reconcileOne(volume, context) : undefined;
}

async function reconcileOne(volume: PersistentVolume, context: ReconcileContext): Promise<void | { after: number }> {
  if (volume.metadata.deletionTimestamp && volume.status?.phase !== 'Bound') return;
  const claim = await claimOf(volume, context);
  return actOnVolume(planVolume(volume, claim), volume, claim, context);
}

/** The claim that a volume names by name and uid. That there is none is asked of the server: data may depend on it. */
async function claimOf(
  { spec, status }: PersistentVolume,
  { reader, client }: ReconcileContext,
): Promise<PersistentVolumeClaim | undefined> {
  const ref = spec?.claimRef;
  if (!ref?.uid) return undefined;
  const at = { namespace: ref.namespace, name: ref.name! };
  const known = reader.get(persistentVolumeClaim, at);
  if (known?.metadata.uid === ref.uid) return known;
  if (status?.phase === 'Released' || status?.phase === 'Failed') return undefined;
  const current = await client.find(persistentVolumeClaim, at);
  return current?.metadata.uid === ref.uid ? current : undefined;
}

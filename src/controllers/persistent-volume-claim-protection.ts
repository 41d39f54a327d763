import { persistentVolumeClaim, type PersistentVolumeClaim } from '../api/core-v1/persistent-volume-claim.ts';
import { claimKeysOfPod } from '../api/core-v1/pod-claims.ts';
import { pod as podKind, type Pod } from '../api/core-v1/pod.ts';
import { claimProtection } from '../api/core-v1/protection-finalizers.ts';
import { controller, type ReconcileContext } from '../client/controller.ts';
import { protectionOf, setFinalizer } from './protection-finalizer.ts';

const byClaim = 'claims';

/** Lets a deleted claim go when no pod on a node uses it any more. */
export const persistentVolumeClaimProtectionController = controller<PersistentVolumeClaim>({
  name: 'persistentvolumeclaim-protection-controller',
  for: persistentVolumeClaim,
  watches: [{ kind: podKind, keys: claimKeysOfPod, indexes: { [byClaim]: claimKeysOfPod } }],
  reconcile,
});

async function reconcile(key: string, context: ReconcileContext): Promise<void> {
  const { reader, client } = context;
  const claim = reader.get(persistentVolumeClaim, key);
  const protection = claim ? protectionOf(claim, claimProtection) : 'none';
  if (!claim || protection === 'none') return;
  if (protection === 'check' && (await isUsed(key, claim, context))) return;
  await setFinalizer(client, persistentVolumeClaim, claim, claimProtection, protection === 'add');
}

/**
 * Whether a pod that has a node uses the claim; without one it cannot begin to any more. What the local copy does not
 * know may still be: it is asked for before the claim goes for good.
 */
async function isUsed(
  key: string,
  claim: PersistentVolumeClaim,
  { reader, client }: ReconcileContext,
): Promise<boolean> {
  const uses = (one: Pod) => Boolean(one.spec?.nodeName) && claimKeysOfPod(one).includes(key) && !isNoUser(claim, one);
  if (reader.byIndex(podKind, byClaim, key).some(uses)) return true;
  const { items } = await client.list(podKind, { namespace: claim.metadata.namespace });
  return items.some(uses);
}

/**
 * Whether the claim only happens to have the name of the one that would be made for the pod, or the pod is done with it:
 * one that its kubelet has finished may wait for the claim to go, by a finalizer of its own.
 */
function isNoUser(claim: PersistentVolumeClaim, { metadata, spec }: Pod): boolean {
  const named = spec?.volumes?.some((v) => v.persistentVolumeClaim?.claimName === claim.metadata.name);
  if (named) return false;
  const done = metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
  return done || !claim.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid);
}

import { persistentVolumeClaim, type PersistentVolumeClaim } from '../api/core-v1/persistent-volume-claim.ts';
import type { Volume } from '../api/core-v1/pod-spec.ts';
import { ephemeralClaimName } from '../api/core-v1/pod-claims.ts';
import { pod as podKind, type Pod } from '../api/core-v1/pod.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import { controllerOf, controllerRef, keyOf, type New } from '../apimachinery/object.ts';
import { errorMessage } from '../base/log.ts';
import type { Client } from '../client/client.ts';
import { controller, type ReconcileContext } from '../client/controller.ts';
import { isNamespaceEnding } from '../client/namespace-ending.ts';

const byClaim = 'ephemeral-claims';

/** Makes the claims that pods describe in their ephemeral volumes. They go with their pod, which owns them. */
export const ephemeralVolumeController = controller<Pod>({
  name: 'ephemeral-volume-controller',
  for: podKind,
  watches: [
    { kind: podKind, indexes: { [byClaim]: claimKeys }, keys: () => [] },
    {
      kind: persistentVolumeClaim,
      keys: (claim, reader) => reader.byIndex(podKind, byClaim, keyOf(claim)).map(keyOf),
      concerns: () => false,
    },
  ],
  workers: 5,
  reconcile,
});

/** The keys of the claims that the pod's ephemeral volumes stand for. */
function claimKeys(pod: Pod): string[] {
  const { namespace } = pod.metadata;
  return ephemeralVolumes(pod).map((volume) => keyOf({ namespace, name: ephemeralClaimName(pod, volume) }));
}

function ephemeralVolumes({ spec }: Pod): Volume[] {
  return (spec?.volumes ?? []).filter(({ ephemeral }) => ephemeral);
}

async function reconcile(key: string, context: ReconcileContext): Promise<void> {
  const pod = context.reader.get(podKind, key);
  if (!pod || pod.metadata.deletionTimestamp) return;
  for (const volume of ephemeralVolumes(pod)) {
    try {
      await ensureClaim(pod, volume, context);
    } catch (error) {
      if (isNamespaceEnding(error)) return;
      const message = `ephemeral volume ${volume.name}: ${errorMessage(error)}`;
      context.events.event(pod, 'Warning', 'FailedBinding', message);
      throw error;
    }
  }
}

async function ensureClaim(pod: Pod, volume: Volume, { reader, client }: ReconcileContext): Promise<void> {
  const claim = claimOf(pod, volume);
  const { namespace, name } = claim.metadata;
  const found = reader.get(persistentVolumeClaim, { namespace, name: name! });
  if (!found) return createClaim(client, claim);
  if (controllerOf(found)?.uid === pod.metadata.uid) return;
  throw new Error(`PVC ${namespace}/${name} was not created for pod ${keyOf(pod)} (pod is not owner)`);
}

async function createClaim(client: Client, claim: New<PersistentVolumeClaim>): Promise<void> {
  try {
    await client.create(persistentVolumeClaim, claim);
  } catch (error) {
    // One that the local copy does not show yet: whose it is will be seen when it does.
    if (isApiError(error, 'AlreadyExists')) return;
    if (isNamespaceEnding(error)) throw error;
    throw new Error(`create PVC ${claim.metadata.name}: ${errorMessage(error)}`, { cause: error });
  }
}

/** The claim that the volume describes. */
function claimOf(pod: Pod, volume: Volume): New<PersistentVolumeClaim> {
  const { metadata = {}, spec } = volume.ephemeral!.volumeClaimTemplate!;
  const { labels, annotations } = metadata;
  return {
    metadata: {
      namespace: pod.metadata.namespace!,
      name: ephemeralClaimName(pod, volume),
      ...(labels && { labels: { ...labels } }),
      ...(annotations && { annotations: { ...annotations } }),
      ownerReferences: [controllerRef(pod, podKind)],
    },
    spec: structuredClone(spec),
  };
}

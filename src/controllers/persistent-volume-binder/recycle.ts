import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { persistentVolume, type PersistentVolume } from '../../api/core-v1/persistent-volume.ts';
import { volumeAnnotations } from '../../api/core-v1/volume-matching.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import type { New } from '../../apimachinery/object.ts';
import { quantityValue } from '../../apimachinery/quantity.ts';
import type { ReconcileContext } from '../../client/controller.ts';
import { setVolumePhase, unbind } from './volume-writes.ts';

const PREFIX = 'recycler-for-';
const NAMESPACE = 'default';
const GIBIBYTE = 1024 ** 3;
/** Milliseconds after which a volume that pods still use is looked at again. */
const LOOK_AGAIN = 15_000;

/** The volume that a pod empties, if it is a recycler. */
export function volumeOfRecycler({ metadata }: Pod): string[] {
  const recycles = metadata.namespace === NAMESPACE && metadata.name.startsWith(PREFIX);
  return recycles ? [metadata.name.slice(PREFIX.length)] : [];
}

/**
 * Has a pod empty the volume; when that has ended well, the volume is offered again. Called until it has ended. What is
 * known of the volume must be current: it may have been emptied and given to somebody already.
 */
export async function recycle(known: PersistentVolume, context: ReconcileContext): Promise<void | { after: number }> {
  const { client, events } = context;
  const volume = await client.find(persistentVolume, known.metadata);
  if (volume?.metadata.resourceVersion !== known.metadata.resourceVersion) return;
  const users = await usersOf(volume, context);
  if (users.length > 0) {
    events.event(volume, 'Normal', 'VolumeFailedRecycle', `Volume is used by pods: ${users.join(',')}`);
    return { after: LOOK_AGAIN };
  }
  const name = `${PREFIX}${volume.metadata.name}`;
  const pod = await client.find(podKind, { namespace: NAMESPACE, name });
  if (!pod) return start(volume, context);
  if (pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed') return;
  await end(volume, pod, context);
}

async function start(volume: PersistentVolume, { client, events }: ReconcileContext): Promise<void> {
  try {
    await client.create(podKind, recyclerOf(volume));
    events.event(volume, 'Normal', 'RecyclerPod', 'Recycler pod: Successfully created');
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
}

/** The pod goes first: one that stayed when this process dies would vouch for the volume's next user too. */
async function end(volume: PersistentVolume, pod: Pod, context: ReconcileContext): Promise<void> {
  const { client, events } = context;
  const { uid } = pod.metadata;
  await client.delete(podKind, pod.metadata, { preconditions: { uid }, gracePeriodSeconds: 0 });
  if (pod.status?.phase === 'Failed') {
    const message = `Recycle failed: ${pod.status.message || 'pod failed, pod.Status.Message unknown'}`;
    const report = { type: 'Warning', reason: 'VolumeFailedRecycle', message } as const;
    await setVolumePhase(volume, { phase: 'Failed', message, report }, context);
  } else {
    events.event(volume, 'Normal', 'VolumeRecycled', 'Volume recycled');
    const chosen = volume.metadata.annotations?.[volumeAnnotations.boundByController] !== undefined;
    await unbind(volume, chosen ? 'all' : 'uid', context);
  }
}

/** Pods on nodes that still use the claim which is gone. */
async function usersOf({ spec }: PersistentVolume, { client }: ReconcileContext): Promise<string[]> {
  const { namespace, name } = spec?.claimRef ?? {};
  const { items } = await client.list(podKind, { namespace });
  const finished = (pod: Pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  const uses = (pod: Pod) => pod.spec?.volumes?.some((v) => v.persistentVolumeClaim?.claimName === name);
  return items.filter((pod) => uses(pod) && !finished(pod)).map((pod) => `${namespace}/${pod.metadata.name}`);
}

/** A pod that deletes everything in the volume, with a minute and half a minute for each gibibyte. */
function recyclerOf({ metadata, spec }: PersistentVolume): New<Pod> {
  const gibibytes = Math.floor(quantityValue(spec?.capacity?.['storage']) / GIBIBYTE);
  const scrub = 'test -e /scrub && find /scrub -mindepth 1 -delete && test -z "$(ls -A /scrub)" || exit 1';
  return {
    metadata: { namespace: NAMESPACE, name: `${PREFIX}${metadata.name}` },
    spec: {
      activeDeadlineSeconds: 60 + 30 * gibibytes,
      restartPolicy: 'Never',
      volumes: [{ name: 'vol', ...(spec?.nfs ? { nfs: spec.nfs } : { hostPath: spec!.hostPath! }) }],
      containers: [
        {
          name: 'pv-recycler',
          image: 'busybox:1.36',
          command: ['/bin/sh', '-c', scrub],
          volumeMounts: [{ name: 'vol', mountPath: '/scrub' }],
        },
      ],
    },
  };
}

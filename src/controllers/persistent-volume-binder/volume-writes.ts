import { persistentVolume, type PersistentVolume } from '../../api/core-v1/persistent-volume.ts';
import { volumeAnnotations } from '../../api/core-v1/volume-matching.ts';
import type { ReconcileContext } from '../../client/controller.ts';
import type { VolumePlan } from './volume-plan.ts';

/** Writes phase and message if the phase differs, and then records what is to be said of it. */
export async function setVolumePhase(
  volume: PersistentVolume,
  { phase, message, report }: VolumePlan,
  { client, events }: ReconcileContext,
): Promise<PersistentVolume> {
  if (!phase || volume.status?.phase === phase) return volume;
  const { reason: _, message: __, ...rest } = volume.status ?? {};
  const status = { ...rest, phase, ...(message && { message }) };
  const written = await client.updateStatus(persistentVolume, { ...volume, status });
  if (report) events.event(volume, report.type, report.reason, report.message);
  return written;
}

/** Makes a volume free again, for anyone or for the claim that its author named. */
export async function unbind(volume: PersistentVolume, what: 'all' | 'uid', context: ReconcileContext): Promise<void> {
  const { [volumeAnnotations.boundByController]: _, ...annotations } = volume.metadata.annotations ?? {};
  const { claimRef, ...others } = volume.spec ?? {};
  const { uid: __, resourceVersion: ___, ...named } = claimRef ?? {};
  const freed: PersistentVolume = {
    ...volume,
    metadata: { ...volume.metadata, annotations },
    spec: what === 'all' ? others : { ...others, claimRef: named },
  };
  await setVolumePhase(await context.client.update(persistentVolume, freed), { phase: 'Available' }, context);
}

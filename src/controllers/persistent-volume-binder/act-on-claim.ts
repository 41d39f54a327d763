import { persistentVolumeClaim, type PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import { persistentVolume, type PersistentVolume } from '../../api/core-v1/persistent-volume.ts';
import { volumeAnnotations } from '../../api/core-v1/volume-matching.ts';
import type { ReconcileContext } from '../../client/controller.ts';
import { semanticEqual } from '../semantic-equal.ts';
import { setVolumePhase } from './volume-writes.ts';
import type { ClaimPlan } from './claim-plan.ts';

const { bindCompleted, boundByController, provisioner, oldProvisioner } = volumeAnnotations;

/** Carries out what was planned for a claim. Writes only what differs. */
export async function actOnClaim(
  plan: ClaimPlan,
  claim: PersistentVolumeClaim,
  context: ReconcileContext,
): Promise<void> {
  switch (plan.do) {
    case 'bind':
      return bind(plan.volume, claim, context);
    case 'set-class': {
      const spec = { ...claim.spec, storageClassName: plan.storageClassName };
      await context.client.update(persistentVolumeClaim, { ...claim, spec });
      return;
    }
    case 'ask':
      await setPhase('Pending', await nameProvisioner(plan.provisioner, claim, context), undefined, context);
      return record(plan.report, claim, context);
    case 'wait':
      await setPhase('Pending', claim, undefined, context);
      return record(plan.report, claim, context);
    case 'lose':
      if (await setPhase('Lost', claim, undefined, context)) record(plan.report, claim, context);
  }
}

function record(
  report: Extract<ClaimPlan, { do: 'wait' }>['report'],
  claim: PersistentVolumeClaim,
  { events }: ReconcileContext,
): void {
  if (report) events.event(claim, report.type, report.reason, report.message);
}

/**
 * Four writes, each of which may be the last of this process: the volume names the claim, and from then on nobody else
 * gets it; it is Bound; the claim names the volume and says that this is settled; it is Bound.
 */
async function bind(volume: PersistentVolume, claim: PersistentVolumeClaim, context: ReconcileContext): Promise<void> {
  const named = await nameClaim(volume, claim, context);
  await setVolumePhase(named, { phase: 'Bound' }, context);
  const settled = await nameVolume(claim, named.metadata.name, context);
  await setPhase('Bound', settled, named, context);
}

async function nameClaim(
  volume: PersistentVolume,
  { metadata }: PersistentVolumeClaim,
  { client }: ReconcileContext,
): Promise<PersistentVolume> {
  const ref = volume.spec?.claimRef;
  if (ref?.uid === metadata.uid) return volume;
  const { name, namespace, uid, resourceVersion } = metadata;
  const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion };
  const spec = { ...volume.spec, claimRef: { ...ref, ...claimRef } };
  const chosen = ref ? volume.metadata : annotated(volume.metadata, { [boundByController]: 'yes' });
  return client.update(persistentVolume, { ...volume, metadata: chosen, spec });
}

async function nameVolume(
  claim: PersistentVolumeClaim,
  volumeName: string,
  { client }: ReconcileContext,
): Promise<PersistentVolumeClaim> {
  const { metadata, spec } = claim;
  const chosen = spec?.volumeName !== volumeName;
  if (!chosen && metadata.annotations?.[bindCompleted] !== undefined) return claim;
  const marks = { [bindCompleted]: 'yes', ...(chosen && { [boundByController]: 'yes' }) };
  const next = { ...claim, metadata: annotated(metadata, marks), spec: { ...spec, volumeName } };
  return client.update(persistentVolumeClaim, next);
}

/** Tells provisioners, who watch for their name, that a volume is wanted of them. */
async function nameProvisioner(
  name: string,
  claim: PersistentVolumeClaim,
  { client }: ReconcileContext,
): Promise<PersistentVolumeClaim> {
  const { annotations = {} } = claim.metadata;
  if (annotations[provisioner] === name && annotations[oldProvisioner] === name) return claim;
  const metadata = annotated(claim.metadata, { [provisioner]: name, [oldProvisioner]: name });
  return client.update(persistentVolumeClaim, { ...claim, metadata });
}

/** Writes the status if it differs; whether it did. */
async function setPhase(
  phase: string,
  claim: PersistentVolumeClaim,
  volume: PersistentVolume | undefined,
  { client }: ReconcileContext,
): Promise<boolean> {
  const status = statusWith(phase, claim, volume);
  if (semanticEqual(status, claim.status)) return false;
  await client.updateStatus(persistentVolumeClaim, { ...claim, status });
  return true;
}

/** A claim that becomes Bound has the volume's size; later they may differ, while it grows. */
function statusWith(
  phase: string,
  { status }: PersistentVolumeClaim,
  volume: PersistentVolume | undefined,
): NonNullable<PersistentVolumeClaim['status']> {
  const { accessModes: _, capacity: __, ...rest } = status ?? {};
  if (!volume) return { ...rest, phase };
  const { accessModes, capacity, volumeAttributesClassName } = volume.spec ?? {};
  if (status?.phase === phase) return { ...status, accessModes };
  return {
    ...rest,
    phase,
    accessModes,
    capacity: { ...status?.capacity, storage: capacity?.['storage'] ?? '0' },
    ...(volumeAttributesClassName && { currentVolumeAttributesClassName: volumeAttributesClassName }),
  };
}

function annotated<M extends { annotations?: Record<string, string> }>(metadata: M, more: Record<string, string>): M {
  return { ...metadata, annotations: { ...metadata.annotations, ...more } };
}

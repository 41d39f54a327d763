import type { PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import type { PersistentVolume } from '../../api/core-v1/persistent-volume.ts';
import type { ReconcileContext } from '../../client/controller.ts';
import { recycle } from './recycle.ts';
import { setVolumePhase, unbind } from './volume-writes.ts';
import type { VolumePlan } from './volume-plan.ts';

/** Carries out what was planned for a volume. Writes only what differs. */
export async function actOnVolume(
  plan: VolumePlan,
  volume: PersistentVolume,
  claim: PersistentVolumeClaim | undefined,
  context: ReconcileContext,
): Promise<void | { after: number }> {
  const { events } = context;
  if (plan.mismatch) {
    const { onVolume, onClaim } = plan.mismatch;
    events.event(volume, onVolume.type, onVolume.reason, onVolume.message);
    if (claim) events.event(claim, onClaim.type, onClaim.reason, onClaim.message);
  }
  if (plan.unbind) return unbind(volume, plan.unbind, context);
  const written = await setVolumePhase(volume, plan, context);
  return plan.recycle ? recycle(written, context) : undefined;
}

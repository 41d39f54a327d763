import type { PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import type { PersistentVolume } from '../../api/core-v1/persistent-volume.ts';
import { sameMode, volumeAnnotations } from '../../api/core-v1/volume-matching.ts';
import type { Report } from './report.ts';

/** What is to be done about a volume. */
export interface VolumePlan {
  readonly phase?: 'Available' | 'Bound' | 'Released' | 'Failed';
  /** Why it failed. */
  readonly message?: string;
  /** Recorded on the volume, when its phase changes. */
  readonly report?: Report;
  /** Recorded on the volume and on the claim that cannot have it. */
  readonly mismatch?: { readonly onVolume: Report; readonly onClaim: Report };
  /** Its claim has another volume: `all` forgets the claim, `uid` keeps the name that the author gave. */
  readonly unbind?: 'all' | 'uid';
  /** The volume is to be emptied and offered again. */
  readonly recycle?: true;
}

const { provisionedBy, boundByController } = volumeAnnotations;

/** @param claim the claim that the volume names, when there is one of that name and uid */
export function planVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumePlan {
  const ref = volume.spec?.claimRef;
  if (!ref?.uid) return { phase: 'Available' };
  if (!claim) return planReclaim(volume);
  const { volumeName } = claim.spec ?? {};
  if (volumeName === volume.metadata.name) return { phase: 'Bound' };
  if (!volumeName) return sameMode(volume, claim) ? {} : { mismatch: mismatchOf(volume, claim) };
  const annotations = volume.metadata.annotations ?? {};
  const dynamic = annotations[provisionedBy] !== undefined;
  if (dynamic && volume.spec?.persistentVolumeReclaimPolicy === 'Delete') return planReclaim(volume);
  return { unbind: annotations[boundByController] === undefined ? 'uid' : 'all' };
}

function mismatchOf(volume: PersistentVolume, claim: PersistentVolumeClaim): NonNullable<VolumePlan['mismatch']> {
  const why = 'due to incompatible volumeMode.';
  const report = (message: string): Report => ({ type: 'Warning', reason: 'VolumeMismatch', message });
  return {
    onVolume: report(`Cannot bind PersistentVolume to requested PersistentVolumeClaim "${claim.metadata.name}" ${why}`),
    onClaim: report(`Cannot bind PersistentVolume "${volume.metadata.name}" to requested PersistentVolumeClaim ${why}`),
  };
}

/** What becomes of a volume whose claim has gone. */
function planReclaim(volume: PersistentVolume): VolumePlan {
  const phase = volume.status?.phase === 'Failed' ? 'Failed' : 'Released';
  switch (volume.spec?.persistentVolumeReclaimPolicy ?? 'Retain') {
    case 'Retain':
      return phase === 'Failed' ? {} : { phase };
    case 'Delete':
      return planDelete(volume, phase);
    case 'Recycle':
      if (volume.spec?.hostPath || volume.spec?.nfs) return phase === 'Failed' ? {} : { phase, recycle: true };
      return failed('VolumeFailedRecycle', 'No recycler plugin found for the volume!');
    default:
      return failed('VolumeUnknownReclaimPolicy', 'Volume has unrecognized PersistentVolumeReclaimPolicy');
  }
}

/** Who made a volume deletes it. We make none, and touch no storage of others. */
function planDelete(volume: PersistentVolume, phase: 'Failed' | 'Released'): VolumePlan {
  const maker = volume.metadata.annotations?.[provisionedBy];
  if (maker !== undefined && !maker.startsWith('kubernetes.io/')) return phase === 'Failed' ? {} : { phase };
  const { name } = volume.metadata;
  const message = `error getting deleter volume plugin for volume "${name}": no deletable volume plugin matched`;
  return failed('VolumeFailedDelete', message);
}

function failed(reason: string, message: string): VolumePlan {
  return { phase: 'Failed', message, report: { type: 'Warning', reason, message } };
}

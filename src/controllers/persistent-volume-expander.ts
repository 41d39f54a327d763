import { persistentVolumeClaim, type PersistentVolumeClaim } from '../api/core-v1/persistent-volume-claim.ts';
import { persistentVolume } from '../api/core-v1/persistent-volume.ts';
import { compareQuantities } from '../apimachinery/quantity.ts';
import { controller } from '../client/controller.ts';

/**
 * Says of bound claims that want more that others have to see to it: drivers bring their own controllers for that, and no
 * kind of volume is made larger here.
 */
export const persistentVolumeExpanderController = controller<PersistentVolumeClaim>({
  name: 'persistentvolume-expander-controller',
  eventSource: 'volume_expand',
  for: persistentVolumeClaim,
  reads: [persistentVolume],
  async reconcile(key, { reader, events }) {
    const claim = reader.get(persistentVolumeClaim, key);
    if (!claim || !wantsMore(claim)) return;
    const volume = reader.get(persistentVolume, claim.spec!.volumeName!);
    if (volume?.spec?.claimRef?.uid !== claim.metadata.uid) return;
    const type = volume.spec.csi ? 'Normal' : 'Warning';
    events.event(claim, type, 'ExternalExpanding', 'waiting for an external controller to expand this PVC');
  },
});

/** Whether more is asked for than there is. */
function wantsMore({ spec, status }: PersistentVolumeClaim): boolean {
  const [wanted, there] = [spec?.resources?.requests?.['storage'], status?.capacity?.['storage']];
  if (status?.phase !== 'Bound' || wanted === undefined || there === undefined) return false;
  return compareQuantities(wanted, there) > 0;
}

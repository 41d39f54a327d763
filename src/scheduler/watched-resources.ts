import { namespace } from '../api/core-v1/namespace.ts';
import { persistentVolumeClaim } from '../api/core-v1/persistent-volume-claim.ts';
import { persistentVolume } from '../api/core-v1/persistent-volume.ts';
import { deviceClass } from '../api/resource-v1/device-class.ts';
import { resourceClaim } from '../api/resource-v1/resource-claim.ts';
import { resourceSlice } from '../api/resource-v1/resource-slice.ts';
import { deviceTaintRule } from '../api/resource-v1beta2/device-taint-rule.ts';
import { csiDriver } from '../api/storage-v1/csi-driver.ts';
import { csiNode } from '../api/storage-v1/csi-node.ts';
import { csiStorageCapacity } from '../api/storage-v1/csi-storage-capacity.ts';
import { storageClass } from '../api/storage-v1/storage-class.ts';
import { volumeAttachment } from '../api/storage-v1/volume-attachment.ts';
import type { Kind } from '../apimachinery/kind.ts';
import type { Informers } from '../client/informer.ts';
import type { ClusterEvent, EventName, WatchedResource } from './cluster-event.ts';
import type { Plugin } from './plugin.ts';

const kinds: Readonly<Record<WatchedResource, Kind<any>>> = {
  Namespace: namespace,
  PersistentVolume: persistentVolume,
  PersistentVolumeClaim: persistentVolumeClaim,
  StorageClass: storageClass,
  CSINode: csiNode,
  CSIDriver: csiDriver,
  CSIStorageCapacity: csiStorageCapacity,
  VolumeAttachment: volumeAttachment,
  ResourceClaim: resourceClaim,
  ResourceSlice: resourceSlice,
  DeviceClass: deviceClass,
  DeviceTaintRule: deviceTaintRule,
};

/** Watches the resources whose changes can wake pods that one of `plugins` rejected, and says so when they change. */
export function watchResources(
  plugins: Iterable<Plugin>,
  informers: Informers,
  happened: (event: ClusterEvent) => void,
): void {
  const wanted = new Set<EventName>();
  for (const plugin of plugins) for (const { on } of plugin.wakesOn ?? []) for (const name of on) wanted.add(name);
  for (const resource of Object.keys(kinds) as WatchedResource[]) {
    const tell = (action: 'Add' | 'Update' | 'Delete') => (wanted.has(`${resource}${action}`) ? happened : undefined);
    const [add, update, remove] = [tell('Add'), tell('Update'), tell('Delete')];
    if (!add && !update && !remove) continue;
    informers.of(kinds[resource]).listen({
      added: (object) => add?.({ name: `${resource}Add`, object }),
      updated: (object, old) => update?.({ name: `${resource}Update`, object, old }),
      deleted: (object) => remove?.({ name: `${resource}Delete`, object }),
    });
  }
}

import { claimsOfPod } from '../../api/core-v1/pod-claims.ts';
import { persistentVolumeClaim, type PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import { persistentVolume, type PersistentVolume } from '../../api/core-v1/persistent-volume.ts';
import { compileNodeSelectorTerms, type NodeMatch, type SelectableNode } from '../../api/core-v1/node-selector.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { storageClassOf } from '../../api/core-v1/volume-matching.ts';
import { csiDriver, type CSIDriver } from '../../api/storage-v1/csi-driver.ts';
import { csiNode, type CSINode } from '../../api/storage-v1/csi-node.ts';
import { csiStorageCapacity, type CSIStorageCapacity } from '../../api/storage-v1/csi-storage-capacity.ts';
import { storageClass, type StorageClass } from '../../api/storage-v1/storage-class.ts';
import { keyOf } from '../../apimachinery/object.ts';
import type { Informer, Informers } from '../../client/informer.ts';

const byClass = 'scheduler-class';

/** What the scheduler knows of storage. */
export class StorageView {
  readonly claims: Informer<PersistentVolumeClaim>;
  readonly volumes: Informer<PersistentVolume>;
  readonly #classes: Informer<StorageClass>;
  readonly #drivers: Informer<CSIDriver>;
  readonly #csiNodes: Informer<CSINode>;
  readonly #capacities: Informer<CSIStorageCapacity>;

  constructor(informers: Informers) {
    this.claims = informers.of(persistentVolumeClaim);
    this.volumes = informers.of(persistentVolume);
    this.volumes.addIndex(byClass, (volume) => [storageClassOf(volume)]);
    this.#classes = informers.of(storageClass);
    this.#drivers = informers.of(csiDriver);
    this.#csiNodes = informers.of(csiNode);
    this.#capacities = informers.of(csiStorageCapacity);
    this.#capacities.addIndex(byClass, (capacity) => [capacity.storageClassName]);
  }

  claim(namespace: string, name: string): PersistentVolumeClaim | undefined {
    return this.claims.get(keyOf({ namespace, name }));
  }

  volume(name: string): PersistentVolume | undefined {
    return this.volumes.get(name);
  }

  volumesOfClass(name: string): PersistentVolume[] {
    return this.volumes.byIndex(byClass, name);
  }

  classNamed(name: string): StorageClass | undefined {
    return this.#classes.get(name);
  }

  driver(name: string): CSIDriver | undefined {
    return this.#drivers.get(name);
  }

  csiNode(name: string): CSINode | undefined {
    return this.#csiNodes.get(name);
  }

  capacitiesOfClass(name: string): CSIStorageCapacity[] {
    return this.#capacities.byIndex(byClass, name);
  }
}

/** Whether the pod uses the claim of this namespace and name. */
export function usesClaim(pod: Pod, { metadata }: { metadata: { namespace?: string; name: string } }): boolean {
  return pod.metadata.namespace === metadata.namespace && claimsOfPod(pod).some(({ name }) => name === metadata.name);
}

const matches = new WeakMap<PersistentVolume, NodeMatch>();

/** Whether the volume can be used on the node. */
export function reaches(volume: PersistentVolume, node: SelectableNode): boolean {
  const required = volume.spec?.nodeAffinity?.required;
  if (!required) return true;
  let match = matches.get(volume);
  if (!match) matches.set(volume, (match = compileNodeSelectorTerms(required.nodeSelectorTerms)));
  return match(node);
}

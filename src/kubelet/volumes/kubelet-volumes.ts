import { join } from 'node:path';
import type { SelectableNode } from '../../api/core-v1/node-selector.ts';
import type { PersistentVolume } from '../../api/core-v1/persistent-volume.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Client } from '../../client/client.ts';
import type { Informer } from '../../client/informer.ts';
import type { ImagePuller } from '../images/image-puller.ts';
import { imageRefOf } from '../images/image-ref.ts';
import type { KubeletMetrics } from '../kubelet-metrics.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { LocalPathCleaner } from './local-path-cleaner.ts';
import { machineMounter } from './mounter.ts';
import type { ObjectWatcher } from './object-watcher.ts';
import { VolumeManager } from './volume-manager.ts';
import type { FetchFiles } from './volume-type.ts';

export interface KubeletVolumesOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  readonly runtime: Runtime;
  readonly rootDir: string;
  /** Default: `volumes` in `rootDir`. */
  readonly localPaths?: string | undefined;
  readonly watcher: ObjectWatcher;
  readonly node: () => SelectableNode;
  readonly images: () => ImagePuller;
  readonly metrics?: Pick<KubeletMetrics, 'storageSeconds'> | undefined;
}

/** The volumes of the pods of a real node. */
export function kubeletVolumes(options: KubeletVolumesOptions): VolumeManager {
  const { client, clock, rootDir, node, watcher, metrics } = options;
  const imageFiles = fetchFiles(options);
  return new VolumeManager({
    ...{ rootDir, client, clock, node, imageFiles, watcher },
    ...{ localPaths: localPathsOf(options), mounter: machineMounter },
    observed: (plugin, done, seconds) =>
      metrics?.storageSeconds
        .labels('false', 'volume_mount', done ? 'success' : 'fail-unknown', plugin)
        .observe(seconds),
  });
}

/** Removes the folders of volumes that are gone. @param volumes all of the cluster */
export function kubeletCleaner(
  options: Pick<KubeletVolumesOptions, 'client' | 'log' | 'node' | 'rootDir' | 'localPaths'>,
  volumes: Informer<PersistentVolume>,
): LocalPathCleaner {
  const { client, log, node } = options;
  return new LocalPathCleaner({ client, log, volumes, node, folder: localPathsOf(options) });
}

function localPathsOf({ localPaths, rootDir }: Pick<KubeletVolumesOptions, 'localPaths' | 'rootDir'>): string {
  return localPaths ?? join(rootDir, 'volumes');
}

function fetchFiles({ images, runtime }: KubeletVolumesOptions): FetchFiles {
  return async (pod, wanted, source) => {
    const found = await images().ensure(pod, wanted, source);
    if (!('image' in found)) throw new Error(`${found.waiting.reason}: ${found.waiting.message ?? ''}`);
    const layers = await runtime.imageLayers(wanted.image ?? '');
    return { layers, imageRef: imageRefOf(found.image, wanted.image ?? '') };
  };
}

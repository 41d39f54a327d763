import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { SelectableNode } from '../../api/core-v1/node-selector.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import type { Client } from '../../client/client.ts';
import { ConfigSource } from '../containers/config-source.ts';
import type { DownwardFacts } from '../containers/field-ref.ts';
import type { MountedVolume, SubPathRequest } from '../containers/volume-mounts.ts';
import { specOf } from '../pod-spec.ts';
import { volumeTypes } from './index.ts';
import type { Mounter } from './mounter.ts';
import type { ObjectWatcher } from './object-watcher.ts';
import { bindSubPath } from './sub-path.ts';
import { faultMessage, mountMessages, ProcessingError, VolumesNotReady, type VolumeFault } from './volume-error.ts';
import type { FetchFiles, IssuedToken, Volume, VolumeContext, VolumeType } from './volume-type.ts';

export interface VolumeManagerOptions {
  /** Below it stand the folders of all pods. */
  readonly rootDir: string;
  readonly client: Client;
  readonly clock: Clock;
  readonly mounter: Mounter;
  /** Told which objects the volumes of a pod show. */
  readonly watcher: Pick<ObjectWatcher, 'use' | 'forget'>;
  readonly node: () => SelectableNode;
  /** The folder of volumes that were provisioned in folders of nodes. */
  readonly localPaths: string;
  readonly imageFiles: FetchFiles;
  /** Told how long it took to set up a volume, in seconds, by the kind of volume as its folder names it. */
  readonly observed?: ((plugin: string, done: boolean, seconds: number) => void) | undefined;
}

/** The volumes of a pod, ready for its containers. */
export interface ReadyVolumes {
  readonly volumes: ReadonlyMap<string, MountedVolume>;
  /** What could not be brought up to date, in sentences for events: the containers see what was there before. */
  readonly stale: readonly string[];
}

/** Milliseconds after which a pod that still waits is told which volumes are not there; upstream's figure. */
const OVERDUE = 123_000;

interface Memory {
  readonly tokens: Map<string, IssuedToken>;
  readonly ready: Map<string, MountedVolume>;
  waitingSince?: number | undefined;
}

/** Sets up the volumes of pods on this node. */
export class VolumeManager {
  readonly #options: VolumeManagerOptions;
  #memories = new Map<string, Memory>();

  constructor(options: VolumeManagerOptions) {
    this.#options = options;
  }

  /** The folder of everything of a pod. */
  podFolder(uid: string): string {
    return join(this.#options.rootDir, 'pods', uid);
  }

  /** Whether setting up again may change a volume's content. */
  isDynamic(pod: Pod): boolean {
    return (specOf(pod).volumes ?? []).some((v) => typeOf(v)?.dynamic);
  }

  /**
   * Makes all volumes of a pod ready, and brings those up to date that show objects of the API.
   * @throws VolumesNotReady
   */
  async setUp(pod: Pod, facts: DownwardFacts): Promise<ReadyVolumes> {
    const { client, watcher } = this.#options;
    const source = new ConfigSource(client, pod.metadata.namespace ?? 'default');
    const memory = this.#memoryOf(pod.metadata.uid);
    const faults = await this.#setUpAll(pod, source, facts, memory);
    watcher.use(pod.metadata.uid, await source.used());
    const missing = faults.filter(({ volume }) => !memory.ready.has(volume));
    if (missing.length > 0) throw new VolumesNotReady(mountMessages(missing, this.#isOverdue(memory)));
    memory.waitingSince = undefined;
    return { volumes: memory.ready, stale: faults.map(faultMessage) };
  }

  /** The volumes of a pod that are ready, by name. */
  ready(uid: string): ReadonlyMap<string, MountedVolume> {
    return this.#memories.get(uid)?.ready ?? new Map();
  }

  /** Makes a part of a volume ready to be mounted. @returns where it is @throws Error with a sentence */
  async bindSubPath({ uid, volume, volumePath, container, index, subPath }: SubPathRequest): Promise<string> {
    const target = join(this.podFolder(uid), 'volume-subpaths', volume, container, String(index));
    await bindSubPath(this.#options.mounter, volumePath, subPath, target);
    return target;
  }

  /**
   * Removes everything of a pod.
   * @throws Error when something is still mounted: behind a mount may lie what is not the pod's
   */
  async tearDown(uid: string): Promise<void> {
    const { mounter, watcher } = this.#options;
    this.#memories.delete(uid);
    watcher.forget(uid);
    const folder = this.podFolder(uid);
    await mounter.unmountAll(folder);
    const [left] = await mounter.below(folder);
    if (left !== undefined) throw new Error(`cannot remove the pod's folder: ${left} is still mounted`);
    await rm(folder, { recursive: true, force: true });
  }

  /** The uids of pods that have a folder. */
  async knownPods(): Promise<string[]> {
    return readdir(join(this.#options.rootDir, 'pods')).catch(() => []);
  }

  #memoryOf(uid: string): Memory {
    let memory = this.#memories.get(uid);
    if (!memory) this.#memories.set(uid, (memory = { tokens: new Map(), ready: new Map() }));
    return memory;
  }

  /** Tells of it once in a while, as long as it lasts. */
  #isOverdue(memory: Memory): boolean {
    const now = this.#options.clock.now();
    memory.waitingSince ??= now;
    if (now - memory.waitingSince < OVERDUE) return false;
    memory.waitingSince = now;
    return true;
  }

  async #setUpAll(pod: Pod, source: ConfigSource, facts: DownwardFacts, memory: Memory): Promise<VolumeFault[]> {
    const faults: VolumeFault[] = [];
    const one = async (volume: Volume) => {
      const type = typeOf(volume);
      // What shows no objects is made once; doing so again would undo what containers have done since.
      if (memory.ready.has(volume.name) && !type?.dynamic) return;
      try {
        if (!type) throw unsupported(volume);
        const context = this.#contextOf(pod, volume, type, source, facts, memory);
        memory.ready.set(volume.name, await this.#observe(type, () => type.setUp(context)));
      } catch (error) {
        faults.push({ volume: volume.name, error });
      }
    };
    await Promise.all((specOf(pod).volumes ?? []).map(one));
    return faults;
  }

  async #observe<T>(type: VolumeType, work: () => Promise<T>): Promise<T> {
    const { clock, observed } = this.#options;
    const started = clock.monotonic();
    const tell = (done: boolean) => observed?.(pluginOf(type), done, (clock.monotonic() - started) / 1000);
    try {
      const result = await work();
      tell(true);
      return result;
    } catch (error) {
      tell(false);
      throw error;
    }
  }

  #contextOf(
    pod: Pod,
    volume: Volume,
    type: VolumeType,
    source: ConfigSource,
    facts: DownwardFacts,
    { tokens }: Memory,
  ): VolumeContext {
    const { client, clock, mounter, node, localPaths, imageFiles } = this.#options;
    const folders = join(this.podFolder(pod.metadata.uid), 'volumes', pluginOf(type).replace('/', '~'));
    const folder = join(folders, volume.name);
    return {
      pod,
      volume,
      folder,
      client,
      clock,
      mounter,
      node: node(),
      localPaths,
      imageFiles,
      source,
      facts,
      tokens,
    };
  }
}

function typeOf(volume: Volume): VolumeType | undefined {
  return volumeTypes.find(({ field }) => volume[field]);
}

function unsupported({ name }: Volume): Error {
  return new ProcessingError(`failed to get Plugin from volumeSpec for volume "${name}" err=no volume plugin matched`);
}

function pluginOf({ field }: VolumeType): string {
  return `kubernetes.io/${kebab(field)}`;
}

function kebab(field: string): string {
  return field.replace(/API/g, '-api').replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
}

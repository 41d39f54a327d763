import { chmod, chown, lchown, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage } from '../../base/log.ts';
import type { Clock } from '../../base/clock.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import type { Client } from '../../client/client.ts';
import { ConfigSource } from '../containers/config-source.ts';
import type { DownwardFacts } from '../containers/field-ref.ts';
import { unmountAll } from '../../linux/mount.ts';
import { specOf } from '../pod-spec.ts';
import { volumeTypes } from './index.ts';
import type { IssuedToken, Volume, VolumeContext, VolumeType } from './volume-type.ts';

export interface VolumeManagerOptions {
  /** Below it stand the folders of all pods. */
  readonly rootDir: string;
  readonly client: Client;
  readonly clock: Clock;
}

/** A volume that could not be set up; the message is that of the FailedMount event. */
class VolumeError extends Error {}

/** Sets up the volumes of pods on this node. */
export class VolumeManager {
  readonly #options: VolumeManagerOptions;
  #tokens = new Map<string, Map<string, IssuedToken>>();

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
   * Makes all volumes of a pod ready.
   * @returns the host's paths by the volumes' names
   * @throws VolumeError
   */
  async setUp(pod: Pod, facts: DownwardFacts): Promise<Map<string, string>> {
    const source = new ConfigSource(this.#options.client, pod.metadata.namespace ?? 'default');
    const volumes = specOf(pod).volumes ?? [];
    const paths = await Promise.all(volumes.map((volume) => this.#setUpOne(pod, volume, source, facts)));
    return new Map(volumes.map((volume, i) => [volume.name, paths[i]!]));
  }

  /** Removes everything of a pod. */
  async tearDown(uid: string): Promise<void> {
    this.#tokens.delete(uid);
    const folder = this.podFolder(uid);
    await unmountAll(folder);
    await rm(folder, { recursive: true, force: true });
  }

  /** The uids of pods that have a folder. */
  async knownPods(): Promise<string[]> {
    return readdir(join(this.#options.rootDir, 'pods')).catch(() => []);
  }

  async #setUpOne(pod: Pod, volume: Volume, source: ConfigSource, facts: DownwardFacts): Promise<string> {
    const type = typeOf(volume);
    if (!type) throw new VolumeError(unsupported(volume));
    try {
      const path = await type.setUp(this.#contextOf(pod, volume, type, source, facts));
      const group = specOf(pod).securityContext?.fsGroup;
      if (group !== undefined && type.field !== 'hostPath') await giveToGroup(path, group);
      return path;
    } catch (error) {
      throw new VolumeError(`MountVolume.SetUp failed for volume "${volume.name}" : ${errorMessage(error)}`, {
        cause: error,
      });
    }
  }

  #contextOf(pod: Pod, volume: Volume, type: VolumeType, source: ConfigSource, facts: DownwardFacts): VolumeContext {
    const { client, clock } = this.#options;
    const { uid } = pod.metadata;
    const folder = join(this.podFolder(uid), 'volumes', `kubernetes.io~${kebab(type.field)}`, volume.name);
    let tokens = this.#tokens.get(uid);
    if (!tokens) this.#tokens.set(uid, (tokens = new Map()));
    return { pod, volume, folder, client, clock, source, facts, tokens };
  }
}

function typeOf(volume: Volume): VolumeType | undefined {
  return volumeTypes.find(({ field }) => volume[field]);
}

function unsupported(volume: Volume): string {
  const type = Object.keys(volume).find((key) => key !== 'name') ?? 'nothing';
  const known = volumeTypes.map((t) => t.field).join(', ');
  return `MountVolume.SetUp failed for volume "${volume.name}" : volumes of type ${type} are not supported; use one of ${known}`;
}

function kebab(field: string): string {
  return field.replace(/API/g, '-api').replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
}

/** Lets the members of a group read and write everything below a path. */
async function giveToGroup(path: string, group: number): Promise<void> {
  const there = await lstat(path);
  if (there.isSymbolicLink()) return lchown(path, there.uid, group);
  if (there.gid !== group) await chown(path, there.uid, group);
  const more = there.isDirectory() ? 0o2070 : ((there.mode & 0o600) >> 3) | 0o040;
  if ((there.mode & more) !== more) await chmod(path, (there.mode & 0o7777) | more);
  if (!there.isDirectory()) return;
  for (const name of await readdir(path)) await giveToGroup(join(path, name), group);
}

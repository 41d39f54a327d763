import type { Clock } from '../../base/clock.ts';
import { bytesOf } from '../../linux/disk.ts';
import type { MountedVolume } from '../containers/volume-mounts.ts';
import { readDisk, type DiskUsage } from './node-usage.ts';

/** What a volume of a pod takes, and what its file system has. */
export interface VolumeUsage {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly disk: DiskUsage;
  /** `namespace` and `name` of the claim behind it. */
  readonly claim?: { readonly namespace: string; readonly name: string } | undefined;
}

export interface VolumeUsagesOptions {
  readonly clock: Clock;
  /** The volumes of a pod, by name. */
  readonly mounted: (uid: string) => ReadonlyMap<string, MountedVolume>;
}

/** Milliseconds for which files are not counted again; upstream's figure. */
const FRESH = 60_000;

/** Measures the volumes of pods, when somebody asks. */
export class VolumeUsages {
  readonly #options: VolumeUsagesOptions;
  #known = new Map<string, { readonly at: number; readonly usages: readonly VolumeUsage[] }>();

  constructor(options: VolumeUsagesOptions) {
    this.#options = options;
  }

  /** By the pods' uids; volumes that nobody can measure are left out. */
  async of(uids: readonly string[]): Promise<ReadonlyMap<string, readonly VolumeUsage[]>> {
    for (const uid of this.#known.keys()) if (!uids.includes(uid)) this.#known.delete(uid);
    const all = new Map<string, readonly VolumeUsage[]>();
    for (const uid of uids) all.set(uid, await this.#ofPod(uid));
    return all;
  }

  async #ofPod(uid: string): Promise<readonly VolumeUsage[]> {
    const { clock, mounted } = this.#options;
    const at = clock.now();
    const known = this.#known.get(uid);
    if (known && at - known.at < FRESH) return known.usages;
    const found = await Promise.all([...mounted(uid)].map(([name, volume]) => measure(name, volume, at)));
    const usages = found.filter((one) => one !== undefined);
    this.#known.set(uid, { at, usages });
    return usages;
  }
}

async function measure(name: string, volume: MountedVolume, at: number): Promise<VolumeUsage | undefined> {
  if (!volume.measured) return undefined;
  const disk = await readDisk(volume.path);
  if (!disk) return undefined;
  const used = volume.measured === 'files' ? await bytesOf([volume.path]) : disk.used;
  return { name, at, disk: { ...disk, used }, claim: volume.claim };
}

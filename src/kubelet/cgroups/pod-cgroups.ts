import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Pod } from '../../api/core-v1/pod.ts';
import { sleep, type Clock } from '../../base/clock.ts';
import { errorMessage, type Log } from '../../base/log.ts';
import { podCgroupPath, podCgroupSettings, podsRoot } from './pod-cgroup.ts';
import { cgroupWrites, type CgroupSettings } from './settings.ts';

/** The folders under which control groups are made: of v2 one, of v1 one for each controller. */
export interface CgroupRoots {
  readonly version: 1 | 2;
  /** By controller; that of v2 stands under each. */
  readonly folders: ReadonlyMap<string, string>;
}

export interface PodCgroupsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly roots: CgroupRoots;
  /** Most processes of one pod; undefined is no limit. */
  readonly pidsLimit?: number | undefined;
  /** What all pods together may use. */
  readonly allocatable?: CgroupSettings | undefined;
}

/** What is limited; the runtime makes the groups of other controllers itself. */
const LIMITED = ['cpu', 'memory', 'pids', 'hugetlb'] as const;
/** The group of the pods of the middle class. */
const burstable = `/${podsRoot}/burstable`;
/** The kernel takes a moment to let go of a group whose last process has ended. */
const REMOVE_TRIES = 20;
const REMOVE_PAUSE = 50;

/** Makes a control group for each pod, around those of its containers. */
export class PodCgroups {
  readonly #options: PodCgroupsOptions;
  #pageSizes: readonly string[] = [];
  /** By uid: the shares of processors of the pods of the middle class, which as a whole has the sum. */
  #burstable = new Map<string, number>();
  #weight = 0;

  private constructor(options: PodCgroupsOptions) {
    this.#options = options;
  }

  /** @returns undefined (and says so in the log) where the machine does not let us make control groups */
  static async open(options: PodCgroupsOptions): Promise<PodCgroups | undefined> {
    const cgroups = new PodCgroups(options);
    try {
      await cgroups.#makeAll();
      return cgroups;
    } catch (error) {
      const sentence = 'pods have no control groups of their own: their limits hold for each container alone';
      options.log.warn(sentence, { error: errorMessage(error) });
      return undefined;
    }
  }

  /** The group in which a pod's containers are to be made. */
  pathOf(pod: Pod): string {
    return podCgroupPath(pod);
  }

  /** Makes the group of a pod, or brings its limits up to date. A limit that the kernel refuses is told in the log. */
  async ensure(pod: Pod): Promise<string> {
    const path = podCgroupPath(pod);
    await this.#make(path);
    const { pidsLimit } = this.#options;
    const settings = podCgroupSettings(pod, { pidsLimit, pageSizes: this.#pageSizes });
    await this.#write(path, settings);
    if (path.startsWith(burstable)) this.#burstable.set(pod.metadata.uid, settings.cpuShares ?? 0);
    await this.#weigh();
    return path;
  }

  /**
   * Lets the kernel end all processes of a container together when one of them takes too much memory, so that no half of it
   * goes on. Only v2 can; what the kernel refuses is told in the log.
   */
  async endTogether(pod: Pod, containerId: string): Promise<void> {
    const { roots, log } = this.#options;
    const root = roots.version === 2 ? roots.folders.get('memory') : undefined;
    if (root === undefined) return;
    const file = join(root, podCgroupPath(pod), containerId, 'memory.oom.group');
    await writeFile(file, '1', { flag: 'r+' }).catch((error: unknown) =>
      log.debug('the processes of a container do not end together', { file, error: errorMessage(error) }),
    );
  }

  /** Counts all pods that run here, also those whose groups were made by a kubelet before this one. */
  async count(pods: readonly Pod[]): Promise<void> {
    const shares = (pod: Pod) => podCgroupSettings(pod, {}).cpuShares ?? 0;
    const counted = pods.filter((pod) => podCgroupPath(pod).startsWith(burstable));
    this.#burstable = new Map(counted.map((pod) => [pod.metadata.uid, shares(pod)]));
    await this.#weigh();
  }

  /** Removes the groups of a pod whose containers have ended. */
  async remove(uid: string): Promise<void> {
    const folders = pathsOf(uid).flatMap((path) => cgroupFoldersOf(this.#options.roots, path));
    await Promise.all(folders.map((folder) => this.#remove(folder)));
    if (this.#burstable.delete(uid)) await this.#weigh();
  }

  /** Pods of the middle class compete with the guaranteed ones for processors by what they all have asked for. */
  async #weigh(): Promise<void> {
    const weight = [...this.#burstable.values()].reduce((sum, one) => sum + one, 0);
    if (weight === this.#weight) return;
    this.#weight = weight;
    await this.#write(burstable, { cpuShares: Math.max(2, weight) });
  }

  async #makeAll(): Promise<void> {
    for (const path of [`/${podsRoot}`, burstable, `/${podsRoot}/besteffort`]) await this.#make(path);
    const { roots, allocatable } = this.#options;
    if (allocatable) await this.#write(`/${podsRoot}`, allocatable);
    const hugetlb = roots.folders.get('hugetlb');
    this.#pageSizes = hugetlb === undefined ? [] : await pageSizes(join(hugetlb, podsRoot));
    await this.#write(`/${podsRoot}/besteffort`, { cpuShares: 2 });
  }

  async #make(path: string): Promise<void> {
    const { version, folders } = this.#options.roots;
    const wanted = new Set(LIMITED.flatMap((controller) => folders.get(controller) ?? []));
    for (const level of [...parentsOf(path), path].slice(1)) {
      await Promise.all([...wanted].map((root) => makeFolder(join(root, level))));
    }
    if (version === 2) for (const root of wanted) await enableControllers(root, path);
  }

  async #write(path: string, settings: CgroupSettings): Promise<void> {
    const { roots, log } = this.#options;
    for (const { controller, file, value } of cgroupWrites(settings, roots.version)) {
      const root = roots.folders.get(controller);
      if (root === undefined) continue;
      await writeFile(join(root, path, file), value).catch((error: unknown) =>
        log.debug('cannot set a limit of a pod', { group: path, file, value, error: errorMessage(error) }),
      );
    }
  }

  async #remove(folder: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await rmdir(folder);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT') return;
        if (tries === REMOVE_TRIES) return this.#options.log.warn('cannot remove a control group', { folder, code });
        await sleep(this.#options.clock, REMOVE_PAUSE);
      }
    }
  }
}

/** Lets the groups on the way to `path` have what the root has. What the kernel refuses is left out. */
async function enableControllers(root: string, path: string): Promise<void> {
  const enabled = LIMITED.map((controller) => `+${controller}`);
  for (const folder of parentsOf(path).map((parent) => join(root, parent))) {
    for (const word of enabled) await writeFile(join(folder, 'cgroup.subtree_control'), word).catch(() => {});
  }
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

function parentsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === '/' ? ['/'] : [...parentsOf(parent), parent];
}

async function pageSizes(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => []);
  return [...new Set(files.flatMap((file) => /^hugetlb\.(\d+[KMG]B)\.(?:limit_in_bytes|max)$/.exec(file)?.[1] ?? []))];
}

function cgroupFoldersOf({ folders }: CgroupRoots, path: string): string[] {
  return [...new Set(folders.values())].map((root) => join(root, path));
}

/** Where control groups are mounted; undefined when they are not. */
export async function findCgroupRoots(): Promise<CgroupRoots | undefined> {
  return cgroupRoots(await readFile('/proc/self/mountinfo', 'utf8'));
}

/** Reads /proc/self/mountinfo. Where both versions are mounted, the controllers are those of v1. */
export function cgroupRoots(mounts: string): CgroupRoots | undefined {
  const folders = new Map<string, string>();
  let unified: string | undefined;
  for (const line of mounts.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [type, , options = ''] = after.split(' ');
    const point = before.split(' ')[4] ?? '';
    if (type === 'cgroup2') unified ??= point;
    if (type === 'cgroup') for (const one of options.split(',')) if (one !== 'rw') folders.set(one, point);
  }
  if (folders.has('memory') && folders.has('cpu')) {
    // On a hybrid system runtimes make a group of v2 too, which limits nothing.
    if (unified !== undefined) folders.set('', unified);
    return { version: 1, folders };
  }
  if (unified === undefined) return undefined;
  return { version: 2, folders: new Map(LIMITED.map((controller) => [controller, unified])) };
}

const classes = [burstable, `/${podsRoot}/besteffort`, `/${podsRoot}`];

/** Where the group of a pod is, if nothing is known of it but its uid. */
function pathsOf(uid: string): string[] {
  return classes.map((parent) => `${parent}/pod${uid}`);
}

/** Removes the groups of these pods, and those above when nothing is left in them. */
export async function removePodCgroups(uids: readonly string[]): Promise<void> {
  const roots = await findCgroupRoots().catch(() => undefined);
  if (!roots) return;
  for (const path of [...uids.flatMap(pathsOf), ...classes]) {
    for (const folder of cgroupFoldersOf(roots, path)) await rmdir(folder).catch(() => {});
  }
}

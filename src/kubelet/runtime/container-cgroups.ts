import { readFile } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { cgroupUsage, readCgroup } from '../stats/cgroup.ts';
import { cgroupFolders, type CgroupFolders } from '../stats/cgroup-folders.ts';
import type { ContainerUsage } from './runtime.ts';

/** Reads what containers use from their control groups. Where those are is asked once for each container. */
export class ContainerCgroups {
  readonly #clock: Clock;
  readonly #pidOf: (id: string) => Promise<number | undefined>;
  #folders = new Map<string, CgroupFolders>();

  constructor(clock: Clock, pidOf: (id: string) => Promise<number | undefined>) {
    this.#clock = clock;
    this.#pidOf = pidOf;
  }

  async usage(ids: readonly string[]): Promise<Map<string, ContainerUsage>> {
    const wanted = new Set(ids);
    for (const id of this.#folders.keys()) if (!wanted.has(id)) this.#folders.delete(id);
    const usages = await Promise.all(ids.map((id) => this.#one(id)));
    return new Map(ids.flatMap((id, i) => (usages[i] ? [[id, usages[i]]] : [])));
  }

  async #one(id: string): Promise<ContainerUsage | undefined> {
    try {
      const folders = this.#folders.get(id) ?? (await this.#find(id));
      if (!folders) return undefined;
      this.#folders.set(id, folders);
      return cgroupUsage(await readCgroup(folders), this.#clock.now());
    } catch {
      this.#folders.delete(id); // it has ended, or starts anew elsewhere
      return undefined;
    }
  }

  async #find(id: string): Promise<CgroupFolders | undefined> {
    const pid = await this.#pidOf(id);
    if (pid === undefined) return undefined;
    const [groups, mounts] = await Promise.all([
      readFile(`/proc/${pid}/cgroup`, 'utf8'),
      readFile('/proc/self/mountinfo', 'utf8'),
    ]);
    return cgroupFolders(groups, mounts);
  }
}

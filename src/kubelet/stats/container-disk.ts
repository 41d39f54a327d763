import type { Clock } from '../../base/clock.ts';
import { bytesOf } from '../../linux/disk.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** What a container has written. Bytes. */
export interface ContainerDisk {
  readonly rootfs: number;
  readonly logs: number;
}

/** Milliseconds for which files are not counted again, as those of volumes. */
const FRESH = 60_000;

/** Counts what containers have written, when somebody asks. */
export class ContainerDisks {
  readonly #runtime: Pick<Runtime, 'filesOf'>;
  readonly #clock: Clock;
  #known = new Map<string, { readonly at: number; readonly disk: ContainerDisk }>();

  constructor(runtime: Pick<Runtime, 'filesOf'>, clock: Clock) {
    this.#runtime = runtime;
    this.#clock = clock;
  }

  /** By the containers' ids. */
  async of(ids: readonly string[]): Promise<ReadonlyMap<string, ContainerDisk>> {
    const wanted = new Set(ids);
    for (const id of this.#known.keys()) if (!wanted.has(id)) this.#known.delete(id);
    const all = new Map<string, ContainerDisk>();
    for (const id of wanted) all.set(id, await this.#ofContainer(id));
    return all;
  }

  async #ofContainer(id: string): Promise<ContainerDisk> {
    const at = this.#clock.now();
    const known = this.#known.get(id);
    if (known && at - known.at < FRESH) return known.disk;
    const { layer, log } = await this.#runtime.filesOf(id);
    const bytes = (path: string | undefined) => (path === undefined ? 0 : bytesOf([path]));
    const disk = { rootfs: await bytes(layer), logs: await bytes(log) };
    this.#known.set(id, { at, disk });
    return disk;
  }
}

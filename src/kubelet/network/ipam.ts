import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';

/** The addresses that the host-local plugin has given out: it keeps a file per address that names the container. */
export class IpamStore {
  readonly #folder: string;

  /** @param folder the plugin's data folder with the network's name */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Addresses by container id. */
  async entries(): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    for (const name of await readdir(this.#folder).catch(() => [])) {
      if (!isIP(name)) continue;
      const [id = ''] = (await readFile(join(this.#folder, name), 'utf8').catch(() => '')).split(/\s/);
      found.set(id, [...(found.get(id) ?? []), name]);
    }
    return found;
  }

  /** Notes that a container is being connected; whoever dies meanwhile leaves it so. */
  async begin(containerId: string): Promise<void> {
    await mkdir(this.#unfinished, { recursive: true });
    await writeFile(join(this.#unfinished, containerId), '');
  }

  /** Notes that nothing is left to do for a container. */
  async finish(containerId: string): Promise<void> {
    await rm(join(this.#unfinished, containerId), { force: true });
  }

  /** The ids of containers that were not connected to the end. */
  async unfinished(): Promise<Set<string>> {
    return new Set(await readdir(this.#unfinished).catch(() => []));
  }

  /** Not in the plugin's own folder, in which it knows every file. */
  get #unfinished(): string {
    return `${this.#folder}.unfinished`;
  }

  /** Gives an address back. */
  async release(ip: string): Promise<void> {
    await rm(join(this.#folder, ip), { force: true });
  }
}

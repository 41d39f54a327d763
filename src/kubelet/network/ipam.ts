import { readdir, readFile, rm } from 'node:fs/promises';
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

  /** Gives an address back. */
  async release(ip: string): Promise<void> {
    await rm(join(this.#folder, ip), { force: true });
  }
}

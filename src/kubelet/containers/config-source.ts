import type { Client } from '../../client/client.ts';
import { configMap, type ConfigMap } from '../../api/core-v1/config-map.ts';
import { secret, type Secret } from '../../api/core-v1/secret.ts';
import type { UsedObject } from '../volumes/object-watcher.ts';

/** Reads config maps and secrets in the namespace of a pod; each at most once, so that all parts see one state. */
export class ConfigSource {
  readonly #client: Client;
  readonly #namespace: string;
  #found = new Map<string, Promise<ConfigMap | Secret | undefined>>();

  constructor(client: Client, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  get namespace(): string {
    return this.#namespace;
  }

  /** @throws Error with upstream's sentence when there is none and it is not optional */
  async configMap(name: string, optional = false): Promise<ConfigMap | undefined> {
    const found = await this.#once(`configmap/${name}`, () =>
      this.#client.find(configMap, { namespace: this.#namespace, name }),
    );
    if (!found && !optional) throw new Error(`configmap "${name}" not found`);
    return found;
  }

  /** @throws Error with upstream's sentence when there is none and it is not optional */
  async secret(name: string, optional = false): Promise<Secret | undefined> {
    const found = await this.#once(`secret/${name}`, () =>
      this.#client.find(secret, { namespace: this.#namespace, name }),
    );
    if (!found && !optional) throw new Error(`secret "${name}" not found`);
    return found;
  }

  /** Everything that was asked for so far, be it there or not. What could not be read is left out. */
  async used(): Promise<UsedObject[]> {
    const all = [...this.#found].map(async ([key, reading]): Promise<UsedObject | undefined> => {
      const [type, name = ''] = key.split('/');
      const kind = type === 'secret' ? secret : configMap;
      const found = await reading.catch(() => null);
      if (found === null) return undefined;
      return { kind, namespace: this.#namespace, name, version: found?.metadata.resourceVersion ?? '' };
    });
    return (await Promise.all(all)).filter((one) => one !== undefined);
  }

  #once(key: string, read: () => Promise<ConfigMap | Secret | undefined>): Promise<ConfigMap | Secret | undefined> {
    const known = this.#found.get(key);
    if (known) return known;
    const reading = read();
    this.#found.set(key, reading);
    return reading;
  }
}

/** All values of a config map as bytes. */
export function configMapFiles(map: ConfigMap): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const [key, text] of Object.entries(map.data ?? {})) files.set(key, Buffer.from(text));
  for (const [key, text] of Object.entries(map.binaryData ?? {})) files.set(key, Buffer.from(text, 'base64'));
  return files;
}

/** All values of a secret as bytes. */
export function secretFiles(secret: Secret): Map<string, Buffer> {
  return new Map(Object.entries(secret.data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')]));
}

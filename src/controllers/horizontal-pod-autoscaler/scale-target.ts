import { ApiError, isApiError } from '../../apimachinery/api-error.ts';
import type { Scale } from '../../api/autoscaling-v1/scale.ts';
import { parseApiVersion } from '../../apimachinery/object.ts';
import { objectPath } from '../../client/paths.ts';
import type { Client } from '../../client/client.ts';
import type { Clock } from '../../base/clock.ts';

/** What stands in discovery about a resource. */
interface Served {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** A reference as autoscalers have it: the kind counts, of whatever version. */
export interface Reference {
  readonly apiVersion?: string | undefined;
  readonly kind: string;
  readonly name: string;
}

/** The scale of an object, and where it is. */
export interface Scaled {
  readonly scale: Scale;
  readonly path: string;
}

/** Milliseconds for which it is believed what a kind is served as. */
const BELIEVED = 30_000;

/** Finds out from discovery which resource a kind is, and reads and writes the `scale` of its objects. */
export class ScaleTargets {
  readonly #client: Client;
  readonly #clock: Clock;
  #known = new Map<string, { served: Served; until: number }>();

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** @throws Error when the kind is not served, or the object or its scale is not there */
  async scaleOf(namespace: string, reference: Reference): Promise<Scaled> {
    const served = await this.resourceOf(reference);
    const path = objectPath(served, { namespace, name: reference.name }, 'scale');
    return { path, scale: await this.#client.raw('GET', path) };
  }

  /**
   * Sets what the object wants. That it has changed otherwise since its scale was read, e.g. in its status, is no matter.
   * @throws ApiError Conflict when somebody else has scaled the object since
   */
  async setReplicas({ scale, path }: Scaled, replicas: number): Promise<void> {
    const write = (to: Scale) => this.#client.raw('PUT', path, { ...to, spec: { ...to.spec, replicas } });
    try {
      await write(scale);
    } catch (error) {
      if (!isApiError(error, 'Conflict')) throw error;
      const now: Scale = await this.#client.raw('GET', path);
      const same = now.metadata.uid === scale.metadata.uid && now.spec?.replicas === scale.spec?.replicas;
      if (!same) throw error;
      await write(now);
    }
  }

  /** @throws Error when no group and version serves the kind */
  async resourceOf({ apiVersion = '', kind }: Reference): Promise<Served> {
    if (apiVersion.split('/').length > 2) throw new Error(`unexpected GroupVersion string: ${apiVersion}`);
    const { group } = parseApiVersion(apiVersion);
    const key = `${group}/${kind}`;
    const known = this.#known.get(key);
    if (known && known.until > this.#clock.now()) return known.served;
    const served = await this.#discover(group, kind);
    if (!served) throw new Error(`no matches for kind "${kind}" in group "${group}"`);
    this.#known.set(key, { served, until: this.#clock.now() + BELIEVED });
    return served;
  }

  async #discover(group: string, kind: string): Promise<Served | undefined> {
    for (const version of await this.#versionsOf(group)) {
      const { resources = [] } = await this.#read(group ? `/apis/${group}/${version}` : `/api/${version}`);
      const found = resources.find((one: any) => one.kind === kind && !one.name.includes('/'));
      if (found) return { group, version, plural: found.name, namespaced: found.namespaced };
    }
    return undefined;
  }

  /** The preferred one first. */
  async #versionsOf(group: string): Promise<string[]> {
    if (!group) return ['v1'];
    const { preferredVersion, versions = [] } = await this.#read(`/apis/${encodeURIComponent(group)}`);
    return [...new Set<string>([preferredVersion, ...versions].filter(Boolean).map((one: any) => one.version))];
  }

  /** An empty answer when there is nothing. */
  async #read(path: string): Promise<any> {
    try {
      return await this.#client.raw('GET', path);
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return {};
      throw error;
    }
  }
}

import type { KubeObject } from '../apimachinery/object.ts';

/**
 * The versions of a controller's own last writes. A reconciler that sees an older version of its object in the local
 * copy does best to wait: the copy will show the write soon, and that wakes it.
 */
export class WrittenVersions {
  #versions = new Map<string, { uid: string; version: bigint }>();

  written(key: string, { metadata }: KubeObject): void {
    this.#versions.set(key, { uid: metadata.uid, version: BigInt(metadata.resourceVersion) });
  }

  /** Whether the object is older than what was written last. */
  isStale(key: string, { metadata }: KubeObject): boolean {
    const own = this.#versions.get(key);
    return own?.uid === metadata.uid && BigInt(metadata.resourceVersion) < own.version;
  }

  forget(key: string): void {
    this.#versions.delete(key);
  }
}

/** The versions of own last writes to what others own: by the owner's key, then by uid, so that they go with the owner. */
export class OwnedVersions {
  #owners = new Map<string, WrittenVersions>();

  /** Those of one owner. */
  of(owner: string): WrittenVersions {
    const known = this.#owners.get(owner) ?? new WrittenVersions();
    this.#owners.set(owner, known);
    return known;
  }

  forget(owner: string): void {
    this.#owners.delete(owner);
  }
}

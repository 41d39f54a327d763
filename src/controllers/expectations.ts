import type { KubeObject } from '../apimachinery/object.ts';
import type { Clock } from '../base/clock.ts';

/** Milliseconds after which an own write that was never seen is forgotten. */
export const PATIENCE = 5 * 60_000;

interface Expected {
  readonly object: KubeObject;
  readonly until: number;
}

/**
 * What a controller has written and its local copy has not shown yet. Whoever counts objects in a copy that lags behind
 * own writes creates them twice, so a reconciler waits until `pending` says that all own creations and deletions of its
 * key have been seen. The changes that are waited for wake the key by themselves.
 */
export class Expectations {
  readonly #clock: Clock;
  #creations = new Map<string, Map<string, Expected>>();
  #deletions = new Map<string, Map<string, Expected>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  created(key: string, object: KubeObject): void {
    this.#expect(this.#creations, key, object);
  }

  deleted(key: string, object: KubeObject): void {
    this.#expect(this.#deletions, key, object);
  }

  /** Tells that an event showed the object `uid` of `key` as existing, so that it may also be gone by now. */
  seen(key: string, uid: string): void {
    this.#creations.get(key)?.delete(uid);
  }

  forget(key: string): void {
    this.#creations.delete(key);
    this.#deletions.delete(key);
  }

  /** How many own writes `current`, the local copy's state of an object, does not show yet. */
  pending(key: string, current: (object: KubeObject) => KubeObject | undefined): number {
    const missing = this.#prune(this.#creations, key, (object) => sameUid(current(object), object));
    const lingering = this.#prune(this.#deletions, key, (object) => {
      const found = current(object);
      return !found || !sameUid(found, object) || found.metadata.deletionTimestamp !== undefined;
    });
    return missing + lingering;
  }

  #expect(all: Map<string, Map<string, Expected>>, key: string, object: KubeObject): void {
    const mine = all.get(key) ?? new Map<string, Expected>();
    mine.set(object.metadata.uid, { object, until: this.#clock.monotonic() + PATIENCE });
    all.set(key, mine);
  }

  /** Drops what is fulfilled or too old; the number of what is left. */
  #prune(all: Map<string, Map<string, Expected>>, key: string, fulfilled: (object: KubeObject) => boolean): number {
    const mine = all.get(key);
    if (!mine) return 0;
    for (const [uid, { object, until }] of mine) {
      if (fulfilled(object) || until <= this.#clock.monotonic()) mine.delete(uid);
    }
    if (mine.size === 0) all.delete(key);
    return mine.size;
  }
}

function sameUid(found: KubeObject | undefined, object: KubeObject): boolean {
  return found?.metadata.uid === object.metadata.uid;
}

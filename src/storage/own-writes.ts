import { isPlainJson } from '../apimachinery/json-value.ts';
import type { KubeObject } from '../apimachinery/object.ts';

/** How many written objects are held, for who changes them next. */
const HELD = 1000;

interface Write {
  readonly value: Buffer;
  readonly object: KubeObject;
  /** The object as it is read back, once its revision is known. */
  stored: KubeObject | undefined;
}

/**
 * The objects that this process is writing and those it wrote last. What it has just encoded comes back as bytes, with
 * the answer of the store and with its watch, and need not be parsed then; nor when the object is changed again soon
 * after, as pods are while they start.
 */
export class OwnWrites {
  #underWay = new Map<string, Write>();
  #held: KubeObject[] = [];
  #next = 0;

  /** `object`, which nobody may change any more, is about to be written as `value`. */
  begin(key: string, value: Buffer, object: KubeObject): void {
    if (isPlainJson(object)) this.#underWay.set(key, { value, object, stored: undefined });
  }

  /** That write has ended, one way or the other. */
  end(key: string, value: Buffer): void {
    if (this.#underWay.get(key)?.value === value) this.#underWay.delete(key);
  }

  /** What the store tells of a key, if it is what is being written: the object with its version. */
  objectOf(key: string, revision: number, value: Buffer): KubeObject | undefined {
    const write = this.#underWay.get(key);
    if (!write || !(write.value === value || write.value.equals(value))) return undefined;
    const resourceVersion = String(revision);
    if (write.stored?.metadata.resourceVersion === resourceVersion) return write.stored;
    const { apiVersion, kind, metadata, ...rest } = write.object;
    write.stored = { apiVersion, kind, metadata: { ...metadata, resourceVersion }, ...rest };
    this.#hold(write.stored);
    return write.stored;
  }

  #hold(object: KubeObject): void {
    this.#held[this.#next] = object;
    this.#next = (this.#next + 1) % HELD;
  }
}

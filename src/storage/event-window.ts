import { StoredEntry } from './entry.ts';
import type { StorageEvent } from './storage.ts';

/** Bytes of objects that a window keeps at most: large objects shorten it. */
const BYTES = 32 * 1024 * 1024;
/** Forgotten events are cut off the array when there are so many, so that cutting costs nothing per event. */
const SLACK = 1024;

/** The newest events in order. Everything after `floor` is there, nothing before. */
export class EventWindow {
  readonly #limit: number;
  #events: StorageEvent[] = [];
  /** Index of the oldest event that still counts. */
  #start = 0;
  #bytes = 0;
  #floor: number;

  /** @param floor the revision at which the window begins; @param limit how many events it keeps */
  constructor(floor: number, limit: number) {
    this.#floor = floor;
    this.#limit = limit;
  }

  /** The oldest revision of which the state can be told and after which events can be replayed. */
  get floor(): number {
    return this.#floor;
  }

  push(event: StorageEvent): void {
    this.#events.push(event);
    this.#bytes += sizeOf(event);
    while (this.#events.length - this.#start > this.#limit || this.#bytes > BYTES) this.#forgetOldest();
    this.#trim();
  }

  /** The events after `revision`, oldest first. `revision` must not lie before `floor`. */
  since(revision: number): StorageEvent[] {
    return this.#events.slice(this.#firstAfter(revision));
  }

  /** Forgets events up to `revision`. */
  forget(revision: number): void {
    while (this.#start < this.#events.length && this.#events[this.#start]!.revision <= revision) this.#forgetOldest();
    this.#floor = Math.max(this.#floor, revision);
    this.#trim();
  }

  /** Forgets everything and begins anew. */
  reset(floor: number): void {
    this.#events = [];
    this.#start = 0;
    this.#bytes = 0;
    this.#floor = floor;
  }

  #forgetOldest(): void {
    const oldest = this.#events[this.#start++]!;
    this.#bytes -= sizeOf(oldest);
    this.#floor = Math.max(this.#floor, oldest.revision);
  }

  #trim(): void {
    if (this.#start < SLACK) return;
    this.#events.splice(0, this.#start);
    this.#start = 0;
  }

  #firstAfter(revision: number): number {
    let low = this.#start;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function sizeOf({ entry }: StorageEvent): number {
  return entry instanceof StoredEntry ? entry.size : 0;
}

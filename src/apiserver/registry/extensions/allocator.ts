import type { Random } from '../../../base/random.ts';
import type { Undo } from './extension.ts';

/**
 * Who holds which values of a pool: what the store says, and what writes that are under way have claimed. One server
 * alone can decide with that. Several would need the claims in the store too (an object per value, created with the
 * write, as upstream's `IPAddress`), because none of them sees what another is about to write.
 */
export class Allocator<V extends string | number> {
  readonly #stored = new Map<V, string>();
  readonly #claimed = new Map<V, string>();
  readonly #byOwner = new Map<string, { revision: number; values: readonly V[] }>();

  /** Whether somebody other than `owner` holds `value`. */
  isTaken(value: V, owner: string): boolean {
    const holder = this.#stored.get(value) ?? this.#claimed.get(value);
    return holder !== undefined && holder !== owner;
  }

  /** Claims `value` for a write of `owner`, until it is stored or undone. The caller has checked that it is free. */
  claim(value: V, owner: string): Undo {
    this.#claimed.set(value, owner);
    return () => {
      if (this.#claimed.get(value) === owner) this.#claimed.delete(value);
    };
  }

  /**
   * Takes in what `owner` holds at `revision`; older news are ignored. Claims of these values are fulfilled by it.
   */
  observe(owner: string, values: readonly V[], revision: number): void {
    const known = this.#byOwner.get(owner);
    if (known && known.revision >= revision) return;
    for (const value of known?.values ?? []) if (this.#stored.get(value) === owner) this.#stored.delete(value);
    for (const value of values) {
      this.#stored.set(value, owner);
      if (this.#claimed.get(value) === owner) this.#claimed.delete(value);
    }
    if (values.length > 0) this.#byOwner.set(owner, { revision, values });
    else this.#byOwner.delete(owner);
  }

  /** Forgets everything that the store said, before it is read anew. */
  forget(): void {
    this.#stored.clear();
    this.#byOwner.clear();
  }

  /**
   * A free value among `size`, or undefined when all are taken. The lower ones are left for those who choose themselves.
   */
  findFree(size: number, at: (offset: number) => V, random: Random): V | undefined {
    const reserved = size < 32 ? 0 : Math.min(256, Math.max(16, Math.floor(size / 16)));
    return this.#search(reserved, size, at, random) ?? this.#search(0, reserved, at, random);
  }

  #search(from: number, to: number, at: (offset: number) => V, random: Random): V | undefined {
    const count = to - from;
    const start = Math.floor(random() * count);
    for (let i = 0; i < count; i++) {
      const value = at(from + ((start + i) % count));
      if (!this.#stored.has(value) && !this.#claimed.has(value)) return value;
    }
    return undefined;
  }
}

import type { DaemonSet } from '../../api/apps-v1/daemon-set.ts';
import type { Clock } from '../../base/clock.ts';

/** Milliseconds between the first two removals of failed daemons from a node, and the most. */
const FIRST = 1000;
const LONGEST = 15 * 60_000;

interface Removal {
  readonly at: number;
  readonly delay: number;
}

interface Known {
  readonly words: string;
  readonly nodes: Map<string, Removal>;
}

/**
 * How often failed daemons of a set were removed from a node lately, so that one that fails at once is not replaced in a
 * tight loop. A changed set is tried anew.
 */
export class FailedDaemons {
  readonly #clock: Clock;
  #sets = new Map<string, Known>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until a failed daemon may be removed from the node; 0 when it may be now, which then counts as done. */
  removeFrom(key: string, set: DaemonSet, node: string): number {
    const nodes = this.#nodes(key, set);
    const now = this.#clock.monotonic();
    const last = nodes.get(node);
    if (last && now < last.at + last.delay) return last.at + last.delay - now;
    const forgotten = !last || now > last.at + 2 * LONGEST;
    nodes.set(node, { at: now, delay: forgotten ? FIRST : Math.min(LONGEST, 2 * last.delay) });
    return 0;
  }

  forget(key: string): void {
    this.#sets.delete(key);
  }

  #nodes(key: string, { metadata, status }: DaemonSet): Map<string, Removal> {
    const words = `${metadata.uid}/${status?.observedGeneration ?? 0}`;
    let known = this.#sets.get(key);
    if (known?.words !== words) this.#sets.set(key, (known = { words, nodes: new Map() }));
    return known.nodes;
  }
}

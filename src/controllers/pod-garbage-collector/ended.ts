import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { keyOf } from '../../apimachinery/object.ts';
import { timeOrZero } from '../../apimachinery/time.ts';
import type { ReconcileContext } from '../../client/controller.ts';
import { isPodTerminal } from '../pod-state.ts';
import { removePod } from './remove.ts';

/** Milliseconds between two counts: upstream's period. */
const PERIOD = 20_000;
/** So many pods are removed at once. */
const BATCH = 20;

/** Name of the index of pods that have ended; they all stand under its name. */
export const endedIndex = 'ended';

/** The index function of `endedIndex`. */
export function endedPods(pod: Pod): string[] {
  return isPodTerminal(pod) ? [endedIndex] : [];
}

/** Keeps no more than so many pods that have ended; 0 or less keeps all. */
export class EndedSweeper {
  readonly #threshold: number;
  /** When they may be counted again, by the monotonic clock: counting takes time, and there is no hurry. */
  #next = 0;

  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  async sweep({ reader, client, clock }: ReconcileContext): Promise<void | { after: number }> {
    if (this.#threshold <= 0) return;
    const now = clock.monotonic();
    if (now < this.#next) return { after: this.#next - now };
    this.#next = now + PERIOD;
    const surplus = surplusPods(reader.byIndex(podKind, endedIndex, endedIndex), this.#threshold);
    for (let i = 0; i < surplus.length; i += BATCH) {
      await Promise.all(surplus.slice(i, i + BATCH).map((pod) => removePod(client, pod)));
    }
  }
}

/** Which of the pods that have ended are too many: those that were evicted first, then the oldest. */
export function surplusPods(ended: readonly Pod[], threshold: number): Pod[] {
  const going = ended.filter(({ metadata }) => metadata.deletionTimestamp).length;
  const surplus = ended.length - threshold - going;
  if (surplus <= 0) return [];
  const staying = ended.filter(({ metadata }) => !metadata.deletionTimestamp);
  return staying.sort(evictedAndOlderFirst).slice(0, surplus);
}

function evictedAndOlderFirst(a: Pod, b: Pod): number {
  const evicted = Number(b.status?.reason === 'Evicted') - Number(a.status?.reason === 'Evicted');
  if (evicted !== 0) return evicted;
  const age = timeOrZero(a.metadata.creationTimestamp) - timeOrZero(b.metadata.creationTimestamp);
  return age || (keyOf(a) < keyOf(b) ? -1 : 1);
}

import type { ClusterEvent } from './cluster-event.ts';

/** What happened while pods were being tried, in order; what no one can ask for any more is forgotten. */
export class EventLog {
  #events: ClusterEvent[] = [];
  /** The position of the first one kept. */
  #start = 0;

  /** The position of the next event. */
  get end(): number {
    return this.#start + this.#events.length;
  }

  add(event: ClusterEvent): void {
    this.#events.push(event);
  }

  since(position: number): readonly ClusterEvent[] {
    return this.#events.slice(Math.max(0, position - this.#start));
  }

  /** Forgetting moves what is left, so it is put off until half can go. */
  forgetBefore(position: number): void {
    const gone = position - this.#start;
    if (gone * 2 < this.#events.length) return;
    this.#events = this.#events.slice(gone);
    this.#start = position;
  }
}

import type { Ingress } from '../api/networking-v1/ingress.ts';
import { keyOf } from '../apimachinery/object.ts';
import type { EventRecorder } from '../client/events.ts';

interface Told {
  readonly generation: number | undefined;
  readonly problems: ReadonlySet<string>;
}

/** Tells people about their Ingresses by events: each thing once. */
export class Reports {
  readonly #events: EventRecorder;
  /** By uid. */
  #told = new Map<string, Told>();

  constructor(events: EventRecorder) {
    this.#events = events;
  }

  /**
   * @param ingresses those that are ours to serve
   * @param problems what is wrong with each, by key
   * @param common what is wrong with all of them
   */
  tell(
    ingresses: readonly Ingress[],
    problems: ReadonlyMap<string, readonly string[]>,
    common: readonly string[],
  ): void {
    const told = new Map<string, Told>();
    for (const ingress of ingresses) {
      const { uid, generation } = ingress.metadata;
      const before = this.#told.get(uid);
      if (!before || before.generation !== generation) {
        this.#events.event(ingress, 'Normal', 'Sync', 'Scheduled for sync');
      }
      const all = [...common, ...(problems.get(keyOf(ingress)) ?? [])];
      for (const problem of all) {
        if (!before?.problems.has(problem)) this.#events.event(ingress, 'Warning', 'Sync', problem);
      }
      told.set(uid, { generation, problems: new Set(all) });
    }
    this.#told = told;
  }
}

import type { ClusterEvent } from './cluster-event.ts';
import { EventLog } from './event-log.ts';
import type { QueuedPod } from './queued-pod.ts';

/** So many events are kept for pods that take long, as those do that wait for their volumes. */
const MOST_EVENTS = 10_000;

/** The pods that are being tried or bound, and what happens meanwhile: it counts for those that fail. */
export class InFlight {
  /** With the position in the log from where on it is news to the pod; the oldest first. */
  readonly #pods = new Map<QueuedPod, number>();
  readonly #log = new EventLog();

  add(pod: QueuedPod): void {
    this.#pods.set(pod, this.#log.end);
  }

  /** The pod has failed, is bound, or is of no interest any more. */
  delete(pod: QueuedPod): void {
    if (!this.#pods.delete(pod)) return;
    const oldest: number | undefined = this.#pods.values().next().value;
    this.#log.forgetBefore(oldest ?? this.#log.end);
  }

  happened(event: ClusterEvent): void {
    const oldest = this.#pods.entries().next().value;
    if (!oldest) return;
    this.#log.add(event);
    if (this.#log.end - oldest[1] > MOST_EVENTS) this.delete(oldest[0]);
  }

  /** What has happened since the pod was taken; undefined when nobody kept count for so long. */
  newsTo(pod: QueuedPod): readonly ClusterEvent[] | undefined {
    const from = this.#pods.get(pod);
    return from === undefined ? undefined : this.#log.since(from);
  }
}

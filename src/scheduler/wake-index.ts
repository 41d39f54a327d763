import type { ClusterEvent, EventName, Wake } from './cluster-event.ts';
import type { PodInfo } from './pod-info.ts';
import type { QueuedPod } from './queued-pod.ts';

/** What pods wait for that nobody rejected, because there was no node to reject. */
const ANYTHING = 'anything';
type Awaited = EventName | typeof ANYTHING;

/** The pods that wait for something to happen, by what that is: most events concern few of thousands. */
export class WakeIndex {
  readonly #waiting = new Map<Awaited, Set<QueuedPod>>();
  readonly #names = new Map<QueuedPod, ReadonlySet<Awaited>>();

  /** For what helps those who have rejected it by now. */
  add(pod: QueuedPod): void {
    this.delete(pod);
    const names = awaitedBy(pod);
    this.#names.set(pod, names);
    for (const name of names) {
      const pods = this.#waiting.get(name);
      if (pods) pods.add(pod);
      else this.#waiting.set(name, new Set([pod]));
    }
  }

  delete(pod: QueuedPod): void {
    const names = this.#names.get(pod);
    if (!names) return;
    this.#names.delete(pod);
    for (const name of names) {
      const pods = this.#waiting.get(name);
      if (pods?.delete(pod) && pods.size === 0) this.#waiting.delete(name);
    }
  }

  /** Those that the event could help. */
  wokenBy(event: ClusterEvent): QueuedPod[] {
    const waiting = [...(this.#waiting.get(event.name) ?? []), ...(this.#waiting.get(ANYTHING) ?? [])];
    return waiting.filter((pod) => helps(pod, event));
  }

  clear(): void {
    this.#waiting.clear();
    this.#names.clear();
  }
}

/** The events that could help one of those who rejected the pod. */
function awaitedBy(pod: QueuedPod): Set<Awaited> {
  const names = new Set<Awaited>(pod.rejectedBy.size === 0 ? [ANYTHING] : []);
  for (const plugin of pod.rejectedBy) for (const wake of plugin.wakesOn ?? []) for (const on of wake.on) names.add(on);
  return names;
}

/** Whether the event could help with one of those who rejected the pod. What became of the pod itself is no news. */
export function helps(pod: QueuedPod, event: ClusterEvent): boolean {
  if (event.object?.metadata.uid === pod.info.uid) return false;
  if (pod.rejectedBy.size === 0) return true;
  for (const plugin of pod.rejectedBy) {
    for (const wake of plugin.wakesOn ?? []) {
      if (wake.on.includes(event.name) && mayHelp(wake, pod.info, event)) return true;
    }
  }
  return false;
}

function mayHelp(wake: Wake, pod: PodInfo, event: ClusterEvent): boolean {
  try {
    return wake.helps?.(pod, event) ?? true;
  } catch {
    return true; // rather one try too many than a pod that is never tried again
  }
}

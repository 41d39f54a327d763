import type { Pod } from '../api/core-v1/pod.ts';
import type { Service } from '../api/core-v1/service.ts';
import { formatTime, parseTime } from '../apimachinery/time.ts';

/**
 * Finds out what endpoints answer to: the time at which the first of those pods changed its readiness that are new or
 * have changed it since the last time, or at which the service was made. From it, one measures how long it takes until
 * the network knows.
 */
export class TriggerTimes {
  #seen = new Map<string, Map<string, number>>();

  /** The earliest time that is new since the last call for `key`; undefined when nothing is. */
  newest(key: string, service: Service, pods: readonly Pod[]): string | undefined {
    const before = this.#seen.get(key);
    const now = new Map(pods.map((pod) => [pod.metadata.uid, readinessTime(pod)]));
    now.set(service.metadata.uid, parseTime(service.metadata.creationTimestamp) ?? 0);
    this.#seen.set(key, now);
    const fresh = [...now].filter(([uid, time]) => time > 0 && before?.get(uid) !== time).map(([, time]) => time);
    return fresh.length > 0 ? formatTime(fresh.reduce((a, b) => Math.min(a, b))) : undefined;
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }
}

function readinessTime({ status }: Pod): number {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return parseTime(ready?.lastTransitionTime) ?? 0;
}

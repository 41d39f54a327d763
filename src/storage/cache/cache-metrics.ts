import type { MetricRegistry, Value } from '../../base/metrics.ts';

/** What the watch cache tells of itself, under upstream's names. There is one cache for all resources. */
export class CacheMetrics {
  readonly #dispatched;
  readonly #filled;
  readonly #children = new Map<string, Value>();

  /** @param capacity how many changes the cache keeps for watches and reads of the past */
  constructor(registry: MetricRegistry, capacity: number) {
    registry.gauge('apiserver_watch_cache_capacity', 'Changes kept for watches, of all resources.').labels().value =
      capacity;
    const filled = ['apiserver_watch_cache_initializations_total', 'How often the cache was filled anew.'] as const;
    this.#filled = registry.counter(...filled).labels();
    this.#dispatched = registry.counter(
      'apiserver_watch_cache_events_dispatched_total',
      'Changes that were handed to the watchers of each resource.',
      ['group', 'resource'],
    );
  }

  /** Everything was read from the store. */
  filled(): void {
    this.#filled.inc();
  }

  /** The change of a key, which begins with `/registry/<group>/<resource>/`. */
  dispatched(key: string): void {
    const end = key.indexOf('/', key.indexOf('/', '/registry/'.length) + 1);
    if (end < 0) return; // no object of the API
    const prefix = key.slice(0, end);
    let child = this.#children.get(prefix);
    if (!child) {
      const [, , group = '', resource = ''] = prefix.split('/');
      child = this.#dispatched.labels(group === 'core' ? '' : group, resource);
      this.#children.set(prefix, child);
    }
    child.value++;
  }
}

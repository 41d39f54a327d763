import type { KindRegistry } from '../../apimachinery/registry.ts';
import type { MetricRegistry, Observations, Value } from '../../base/metrics.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { labelsOf, unknownLabels } from './request-labels.ts';
import { commonLabels, commonOf } from './request-metrics.ts';

/** Bytes. */
const sizeBuckets = [1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072];

/** Counts what one watch sends, until it is closed. */
export class WatchCount {
  readonly #open: Value;
  readonly #events: Value;
  readonly #sizes: Observations;
  readonly #initial: Value;

  constructor(open: Value, events: Value, sizes: Observations, initial: Value) {
    this.#open = open;
    this.#events = events;
    this.#sizes = sizes;
    this.#initial = initial;
    open.value++;
  }

  event(bytes: number): void {
    this.#events.value++;
    this.#sizes.observe(bytes);
  }

  initialEvent(): void {
    this.#initial.value++;
  }

  closed(): void {
    this.#open.value--;
  }
}

/** How many watches are open, and what goes out by them. */
export class WatchMetrics {
  readonly #kinds: KindRegistry;
  readonly #open;
  readonly #events;
  readonly #sizes;
  readonly #initial;

  constructor(registry: MetricRegistry, kinds: KindRegistry) {
    this.#kinds = kinds;
    this.#open = registry.gauge('apiserver_longrunning_requests', 'Watches that are open.', ['verb', ...commonLabels]);
    const labels = ['group', 'version', 'resource'];
    this.#events = registry.counter('apiserver_watch_events_total', 'Events sent to watchers.', labels);
    this.#sizes = registry.histogram('apiserver_watch_events_sizes', 'Bytes of those events.', labels, sizeBuckets);
    this.#initial = registry.counter('apiserver_init_events_total', 'Objects sent at the beginning of watches.', [
      'group',
      'resource',
    ]);
  }

  /** Counts the watch as open until it is told otherwise. */
  opened(exchange: Exchange): WatchCount {
    const labels = labelsOf(exchange, this.#kinds) ?? unknownLabels('GET');
    const { group, version, resource } = labels;
    return new WatchCount(
      this.#open.labels('WATCH', ...commonOf(labels)),
      this.#events.labels(group, version, resource),
      this.#sizes.labels(group, version, resource),
      this.#initial.labels(group, resource),
    );
  }
}

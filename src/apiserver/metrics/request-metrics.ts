import type { KindRegistry } from '../../apimachinery/registry.ts';
import type { Clock } from '../../base/clock.ts';
import type { MetricRegistry, Observations, Value } from '../../base/metrics.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { isLongRunning } from '../long-running.ts';
import { Peak } from './peak.ts';
import { labelKey, labelsOf, unknownLabels, type RequestLabels } from './request-labels.ts';

/** Seconds, as upstream. */
const durationBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];
/** Bytes. */
const sizeBuckets = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const common = ['group', 'version', 'resource', 'subresource', 'scope', 'component'];
/** So many sets of labels are kept at hand; there are fewer, unless somebody plays. */
const limit = 5000;

/** The children of one label set, kept because looking them up costs more than counting. */
interface Children {
  readonly total: Map<number, Value>;
  readonly labels: RequestLabels;
  readonly duration: Observations | undefined;
  readonly sli: Observations | undefined;
  readonly size: Observations | undefined;
}

/** How many requests there are, how long they take, how large the answers are. */
export class RequestMetrics {
  readonly #kinds: KindRegistry;
  readonly #children = new Map<string, Children>();
  readonly #total;
  readonly #duration;
  readonly #sli;
  readonly #sizes;
  readonly #deprecated;
  readonly #dropped;
  readonly #terminations;
  readonly #inflight = { readOnly: new Peak(), mutating: new Peak() };
  readonly #clock: Clock;

  constructor(registry: MetricRegistry, kinds: KindRegistry, clock: Clock) {
    this.#kinds = kinds;
    this.#clock = clock;
    this.#total = registry.counter('apiserver_request_total', 'Requests, by verb, resource, scope and HTTP status.', [
      'verb',
      'dry_run',
      ...common,
      'code',
    ]);
    this.#duration = registry.histogram(
      ...(['apiserver_request_duration_seconds', 'How long requests took, watches and connections left out.'] as const),
      ['verb', 'dry_run', ...common],
      durationBuckets,
    );
    this.#sli = registry.histogram(
      ...([
        'apiserver_request_sli_duration_seconds',
        'The same without the time that webhooks and queues took.',
      ] as const),
      ['verb', ...common],
      durationBuckets,
    );
    this.#sizes = registry.histogram(
      ...(['apiserver_response_sizes', 'Bytes of answers to reads.'] as const),
      ['verb', ...common],
      sizeBuckets,
    );
    this.#deprecated = registry.gauge(
      'apiserver_requested_deprecated_apis',
      'Deprecated resources that have been asked for.',
      ['group', 'version', 'resource', 'subresource', 'removed_release'],
    );
    this.#dropped = registry.counter('apiserver_dropped_requests_total', 'Requests turned away with 429.', [
      'request_kind',
    ]);
    this.#terminations = registry.counter(
      'apiserver_request_terminations_total',
      'Requests that the server ended to protect itself.',
      ['verb', ...common, 'code'],
    );
    const inflight = registry.gauge(
      'apiserver_current_inflight_requests',
      'The most requests that were being answered at once in the last second, by whether they may change something.',
      ['request_kind'],
    );
    for (const [kind, peak] of Object.entries(this.#inflight))
      inflight.live([kind], () => peak.read(clock.monotonic()));
  }

  /** So many requests are now being answered, those that last left out. */
  inFlight(kind: 'readOnly' | 'mutating', running: number): void {
    this.#inflight[kind].set(running, this.#clock.monotonic());
  }

  /** How many requests are being answered at this moment, those that last left out. */
  get underWay(): number {
    return this.#inflight.readOnly.now + this.#inflight.mutating.now;
  }

  /** A request was turned away because there were too many. */
  dropped(kind: 'readOnly' | 'mutating'): void {
    this.#dropped.labels(kind).inc();
  }

  /** The server has ended a request to protect itself. */
  terminated(exchange: Exchange, code: number): void {
    const labels = labelsOf(exchange, this.#kinds) ?? unknownLabels(exchange.request.method);
    this.#terminations.labels(labels.verb, ...commonOf(labels), String(code)).inc();
  }

  /** The request is over. */
  count(exchange: Exchange, seconds: number): void {
    const children = this.#childrenOf(exchange);
    const { status, size } = exchange.response;
    let total = children.total.get(status);
    if (!total) children.total.set(status, (total = this.#totalOf(children.labels, status)));
    total.value++;
    children.duration?.observe(seconds);
    children.sli?.observe(seconds);
    children.size?.observe(size);
  }

  #totalOf(labels: RequestLabels, status: number): Value {
    return this.#total.labels(labels.verb, labels.dryRun, ...commonOf(labels), String(status));
  }

  #childrenOf(exchange: Exchange): Children {
    const key = labelKey(exchange);
    const known = this.#children.get(key);
    if (known) return known;
    const labels = labelsOf(exchange, this.#kinds);
    // Names that mean nothing to us come in any number: they share the children of the method alone.
    const own = labels ? key : exchange.request.method;
    const children = this.#children.get(own) ?? this.#make(exchange, labels ?? unknownLabels(exchange.request.method));
    if (this.#children.size < limit) this.#children.set(own, children);
    return children;
  }

  #make({ info }: Exchange, labels: RequestLabels): Children {
    const rest = commonOf(labels);
    const lasting = isLongRunning(info);
    this.#noteDeprecation(labels);
    return {
      labels,
      total: new Map(),
      duration: lasting ? undefined : this.#duration.labels(labels.verb, labels.dryRun, ...rest),
      sli: lasting ? undefined : this.#sli.labels(labels.verb, ...rest),
      size: ['GET', 'LIST'].includes(labels.verb) ? this.#sizes.labels(labels.verb, ...rest) : undefined,
    };
  }

  #noteDeprecation({ group, version, resource, subresource }: RequestLabels): void {
    const kind = this.#kinds.byResource(group, version, resource);
    if (!kind?.deprecation) return;
    const removed = /unavailable in v(\d+\.\d+)\+/.exec(kind.deprecation)?.[1] ?? '';
    this.#deprecated.labels(group, version, resource, subresource, removed).value = 1;
  }
}

/** The values of `common`. */
export function commonOf({ group, version, resource, subresource, scope }: RequestLabels): string[] {
  return [group, version, resource, subresource, scope, 'apiserver'];
}

export { common as commonLabels };

import type { Counter, Gauge, Histogram, MetricRegistry, Observations, Value } from '../base/metrics.ts';
import { rcodeName, typeName } from './wire/constants.ts';

export type Transport = 'udp' | 'tcp';

const SECONDS = [
  0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192,
];
const BYTES = [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16_000, 32_000, 48_000, 64_000];

/** Where metrics are counted, under the names that CoreDNS gave them, so that its dashboards show them. */
export class DnsMetrics {
  readonly #server: string;
  readonly #family: string;
  readonly #requests: Counter;
  readonly #responses: Counter;
  readonly #durations: Histogram;
  readonly #requestSizes: Histogram;
  readonly #responseSizes: Histogram;
  readonly #hits: Counter;
  readonly #misses: Counter;
  readonly #entries: Gauge;
  readonly #forwards: Histogram;
  readonly #failures: Counter;
  readonly #rejects: Counter;
  readonly #panics: Counter;
  /** Finding a child costs more than counting. */
  readonly #children = new Map<number, { requests: Value; requestSize: Observations; responseSize: Observations }>();
  readonly #codes = new Map<string, Value>();
  readonly #zoneTimes = new Map<string, Observations>();

  /** @param server as `dns://:53` */
  constructor(registry: MetricRegistry, { server, six, version }: { server: string; six: boolean; version: string }) {
    this.#server = server;
    this.#family = six ? '2' : '1';
    const of = ['server', 'zone', 'view'];
    this.#requests = registry.counter(
      'coredns_dns_requests_total',
      'Counter of DNS requests made per zone, protocol and family.',
      [...of, 'proto', 'family', 'type'],
    );
    this.#responses = registry.counter('coredns_dns_responses_total', 'Counter of response status codes.', [
      ...of,
      'rcode',
      'plugin',
    ]);
    const histogram = (name: string, help: string, labels: string[], bounds: number[]) =>
      registry.histogram(`coredns_${name}`, help, labels, bounds);
    this.#durations = histogram(
      'dns_request_duration_seconds',
      'Histogram of the time (in seconds) each request took per zone.',
      of,
      SECONDS,
    );
    this.#requestSizes = histogram('dns_request_size_bytes', 'Size of the request in bytes.', [...of, 'proto'], BYTES);
    this.#responseSizes = histogram(
      'dns_response_size_bytes',
      'Size of the response in bytes.',
      [...of, 'proto'],
      BYTES,
    );
    this.#hits = registry.counter('coredns_cache_hits_total', 'The count of cache hits.', [
      'server',
      'type',
      'zones',
      'view',
    ]);
    this.#misses = registry.counter('coredns_cache_misses_total', 'The count of cache misses.', [
      'server',
      'zones',
      'view',
    ]);
    this.#entries = registry.gauge('coredns_cache_entries', 'The number of elements in the cache.', [
      'server',
      'type',
      'zones',
      'view',
    ]);
    this.#forwards = histogram(
      'proxy_request_duration_seconds',
      'Histogram of the time each request took.',
      ['proxy_name', 'to', 'rcode'],
      SECONDS,
    );
    this.#failures = registry.counter(
      'coredns_proxy_healthcheck_failures_total',
      'Counter of requests that an upstream did not answer.',
      ['proxy_name', 'to'],
    );
    this.#rejects = registry.counter(
      'coredns_forward_max_concurrent_rejects_total',
      'Counter of the number of queries rejected because the concurrent queries were at maximum.',
    );
    this.#panics = registry.counter('coredns_panics_total', 'A metrics that counts the number of panics.');
    registry
      .gauge('coredns_build_info', 'A metric with a constant 1 value labeled by version.', ['version'])
      .labels(version).value = 1;
  }

  /** Counts a question and its answer; the time is in milliseconds, sizes are in bytes. */
  answered(
    transport: Transport,
    {
      type,
      zone,
      code,
      milliseconds,
      asked,
      told,
    }: { type: number; zone: string; code: number; milliseconds: number; asked: number; told: number },
  ): void {
    const child = this.#child(transport, type, zone);
    child.requests.inc();
    child.requestSize.observe(asked);
    child.responseSize.observe(told);
    this.#code(zone, code).inc();
    this.#time(zone).observe(milliseconds / 1000);
  }

  #child(transport: Transport, type: number, zone: string) {
    const key = Math.min(type, 256) * 4 + (transport === 'udp' ? 0 : 1) + (zone === '.' ? 2 : 0);
    let child = this.#children.get(key);
    if (!child) {
      const size = [this.#server, zone, '', transport];
      child = {
        requests: this.#requests.labels(this.#server, zone, '', transport, this.#family, typeName(type)),
        requestSize: this.#requestSizes.labels(...size),
        responseSize: this.#responseSizes.labels(...size),
      };
      this.#children.set(key, child);
    }
    return child;
  }

  #code(zone: string, code: number): Value {
    const key = `${code}${zone}`;
    let value = this.#codes.get(key);
    const plugin = zone === '.' ? 'forward' : 'kubernetes';
    if (!value) this.#codes.set(key, (value = this.#responses.labels(this.#server, zone, '', rcodeName(code), plugin)));
    return value;
  }

  #time(zone: string): Observations {
    let times = this.#zoneTimes.get(zone);
    if (!times) this.#zoneTimes.set(zone, (times = this.#durations.labels(this.#server, zone, '')));
    return times;
  }

  cacheHit(success: boolean): void {
    this.#hits.labels(this.#server, success ? 'success' : 'denial', '.', '').inc();
  }

  cacheMiss(): void {
    this.#misses.labels(this.#server, '.', '').inc();
  }

  cacheEntries(count: () => number): void {
    this.#entries.live([this.#server, 'success', '.', ''], count);
  }

  /** @param seconds from the question to its answer */
  forwarded(to: string, code: number, seconds: number): void {
    this.#forwards.labels('forward', to, rcodeName(code)).observe(seconds);
  }

  failed(to: string): void {
    this.#failures.labels('forward', to).inc();
  }

  rejected(): void {
    this.#rejects.labels().inc();
  }

  panicked(): void {
    this.#panics.labels().inc();
  }
}

import type { Clock } from '../base/clock.ts';
import { MetricRegistry } from '../base/metrics.ts';
import type { Family, ServicePort } from './model.ts';
import { tables, type Change, type OurTable, type RuleSet } from './rule-set.ts';

/** Seconds, as upstream's histograms of syncs have them: 1 ms doubled 14 times. */
const SYNC_BOUNDS = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);

/** Seconds from a change in the cluster to the rules: upstream's, from a quarter of a second to five minutes. */
const PROGRAMMING_BOUNDS = [
  0.25,
  0.5,
  ...Array.from({ length: 59 }, (_, i) => i + 1),
  ...Array.from({ length: 11 }, (_, i) => 65 + 5 * i),
  ...Array.from({ length: 6 }, (_, i) => 150 + 30 * i),
];

/** What the proxy tells about itself, under upstream's names. */
export class ProxyMetrics {
  readonly registry = new MetricRegistry();
  readonly #clock: Clock;
  readonly #durations: Record<'all' | 'full' | 'partial', ReturnType<MetricRegistry['histogram']>>;
  readonly #programming: ReturnType<MetricRegistry['histogram']>;
  readonly #failures: Record<'all' | 'partial', ReturnType<MetricRegistry['counter']>>;
  readonly #changes: Record<'service' | 'endpoint', ReturnType<MetricRegistry['counter']>>;
  readonly #pending: Record<'service' | 'endpoint', ReturnType<MetricRegistry['gauge']>>;
  readonly #queued: ReturnType<MetricRegistry['gauge']>;
  readonly #synced: ReturnType<MetricRegistry['gauge']>;
  readonly #rules: Record<'total' | 'last', ReturnType<MetricRegistry['gauge']>>;
  readonly #noLocal: ReturnType<MetricRegistry['gauge']>;
  readonly #connections: ReturnType<MetricRegistry['counter']>;
  readonly #answers: Record<'healthz' | 'livez', ReturnType<MetricRegistry['counter']>>;

  constructor(clock: Clock) {
    this.#clock = clock;
    const { registry } = this;
    const sync = (part: string, what: string) =>
      registry.histogram(`kubeproxy_sync_${part}proxy_rules_duration_seconds`, what, [], SYNC_BOUNDS);
    this.#durations = {
      all: sync('', 'Seconds that a sync of the rules took.'),
      full: sync('full_', 'Seconds that a sync of all rules took.'),
      partial: sync('partial_', 'Seconds that a sync of the changed rules took.'),
    };
    this.#programming = registry.histogram(
      'kubeproxy_network_programming_duration_seconds',
      'Seconds from the change of a pod or service to the rules that follow from it.',
      [],
      PROGRAMMING_BOUNDS,
    );
    const prefix = 'kubeproxy_sync_proxy_rules_';
    this.#failures = {
      all: registry.counter(`${prefix}iptables_restore_failures_total`, 'How often iptables-restore failed.'),
      partial: registry.counter(
        `${prefix}iptables_partial_restore_failures_total`,
        'How often iptables-restore failed with changed rules, so that all had to be compared.',
      ),
    };
    const changes = (what: string) => registry.counter(`${prefix}${what}_changes_total`, `Changes of ${what}s.`);
    const pending = (what: string) =>
      registry.gauge(`${prefix}${what}_changes_pending`, `Changes of ${what}s that are not in the rules yet.`);
    this.#changes = { service: changes('service'), endpoint: changes('endpoint') };
    this.#pending = { service: pending('service'), endpoint: pending('endpoint') };
    this.#queued = registry.gauge(`${prefix}last_queued_timestamp_seconds`, 'When a sync was last asked for.');
    this.#synced = registry.gauge(`${prefix}last_timestamp_seconds`, 'When the rules were last synced.');
    const labels = ['table', 'ip_family'];
    this.#rules = {
      total: registry.gauge(`${prefix}iptables_total`, 'Rules of ours in the kernel.', labels),
      last: registry.gauge(`${prefix}iptables_last`, 'Rules written by the last sync.', labels),
    };
    this.#noLocal = registry.gauge(
      `${prefix}no_local_endpoints_total`,
      'Ports of services with a local traffic policy that have endpoints, but none on this node.',
      ['traffic_policy'],
    );
    this.#connections = registry.counter(
      'kubeproxy_conntrack_reconciler_deleted_entries_total',
      'Remembered connections that were forgotten because their endpoint was gone.',
      ['ip_family'],
    );
    this.#answers = {
      healthz: registry.counter('kubeproxy_proxy_healthz_total', 'Answers of /healthz.', ['code']),
      livez: registry.counter('kubeproxy_proxy_livez_total', 'Answers of /livez.', ['code']),
    };
  }

  changed(what: 'service' | 'endpoint'): void {
    this.#changes[what].labels().inc();
    this.#pending[what].labels().inc();
    this.#queued.labels().value = this.#clock.now() / 1000;
  }

  /** @param triggers when what has now been done came about, in milliseconds since the epoch */
  synced(started: number, full: boolean, triggers: readonly number[]): void {
    const seconds = (this.#clock.monotonic() - started) / 1000;
    this.#durations.all.labels().observe(seconds);
    this.#durations[full ? 'full' : 'partial'].labels().observe(seconds);
    this.#synced.labels().value = this.#clock.now() / 1000;
    for (const what of ['service', 'endpoint'] as const) this.#pending[what].labels().value = 0;
    for (const trigger of triggers) {
      this.#programming.labels().observe(Math.max(0, this.#clock.now() - trigger) / 1000);
    }
  }

  failed(partial: boolean): void {
    this.#failures.all.labels().inc();
    if (partial) this.#failures.partial.labels().inc();
  }

  wrote(family: Family, { write }: Change, rules: RuleSet): void {
    for (const table of tables) {
      const written = write.filter(([t]) => t === table).reduce((sum, [, , { length }]) => sum + length, 0);
      this.#rules.last.labels(table, family).value = written;
      this.#rules.total.live([table, family], () => total(rules, table));
    }
  }

  /** All ports of services have been looked at. */
  looked(ports: readonly ServicePort[]): void {
    const unserved = ports.filter(({ endpoints, localEndpoints }) => endpoints.length > 0 && !localEndpoints.length);
    this.#noLocal.labels('internal').value = unserved.filter((port) => port.internalLocal).length;
    this.#noLocal.labels('external').value = unserved.filter((port) => port.externalLocal).length;
  }

  forgot(family: Family, connections: number): void {
    this.#connections.labels(family).inc(connections);
  }

  answered(path: 'healthz' | 'livez', code: number): void {
    this.#answers[path].labels(String(code)).inc();
  }
}

function total(rules: RuleSet, table: OurTable): number {
  let sum = 0;
  for (const { length } of rules[table].values()) sum += length;
  return sum;
}

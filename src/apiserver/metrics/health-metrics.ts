import { MetricRegistry } from '../../base/metrics.ts';

/** What `/metrics/slis` tells: the outcome of health checks. */
export class HealthMetrics {
  readonly #registry = new MetricRegistry();
  readonly #state = this.#registry.gauge(
    'kubernetes_healthcheck',
    'Outcome of the last run of a health check: 1 is well.',
    ['name', 'type'],
  );
  readonly #total = this.#registry.counter('kubernetes_healthchecks_total', 'Outcomes of health checks.', [
    'name',
    'type',
    'status',
  ]);

  /** `type` is `healthz`, `livez` or `readyz`. */
  checked(name: string, type: string, ok: boolean): void {
    this.#state.labels(name, type).value = ok ? 1 : 0;
    this.#total.labels(name, type, ok ? 'success' : 'error').inc();
  }

  render(): string {
    return this.#registry.render();
  }
}

import { MetricRegistry, type Observations, type Value } from '../base/metrics.ts';

const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a data plane counts. */
export class IngressMetrics {
  readonly registry = new MetricRegistry();
  readonly #requests = this.registry.counter(
    'coxswain_ingress_requests_total',
    'Requests answered, by Ingress (empty: none took it) and status code.',
    ['ingress', 'code'],
  );
  readonly #seconds = this.registry.histogram(
    'coxswain_ingress_request_duration_seconds',
    'Time from the head of a request to the end of its answer.',
    ['ingress'],
    BOUNDS,
  );
  readonly #retries = this.registry.counter(
    'coxswain_ingress_retries_total',
    'Requests that were sent to another endpoint because the first could not be reached.',
    ['ingress'],
  );
  readonly #upgrades = this.registry.gauge(
    'coxswain_ingress_upgraded_connections',
    'Connections that speak another protocol than HTTP, such as WebSocket.',
  );
  readonly #counters = new Map<string, Value>();
  readonly #times = new Map<string, Observations>();

  /** The gauge of upgraded connections. */
  get upgraded(): Value {
    return this.#upgrades.labels();
  }

  answered(ingress: string, status: number, seconds: number): void {
    const key = `${status} ${ingress}`;
    let counter = this.#counters.get(key);
    if (!counter) this.#counters.set(key, (counter = this.#requests.labels(ingress, String(status))));
    counter.inc();
    let times = this.#times.get(ingress);
    if (!times) this.#times.set(ingress, (times = this.#seconds.labels(ingress)));
    times.observe(seconds);
  }

  retried(ingress: string): void {
    this.#retries.labels(ingress).inc();
  }

  /** Forgets what was counted of all other Ingresses: those that are gone would add up for ever. */
  keep(ingresses: ReadonlySet<string>): void {
    for (const key of this.#counters.keys()) {
      const [status = '', ingress = ''] = key.split(' ');
      if (ingress === '' || ingresses.has(ingress)) continue;
      this.#counters.delete(key);
      this.#requests.remove(ingress, status);
    }
    for (const ingress of this.#times.keys()) {
      if (ingress === '' || ingresses.has(ingress)) continue;
      this.#times.delete(ingress);
      this.#seconds.remove(ingress);
      this.#retries.remove(ingress);
    }
  }
}

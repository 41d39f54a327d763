import type { HttpExchange } from '../base/http-exchange.ts';
import type { Counter, MetricRegistry, Value } from '../base/metrics.ts';

/** Counts the requests of the clients in a process, under upstream's name. */
export class RestClientMetrics {
  readonly #requests: Counter;
  readonly #children = new Map<string, Value>();

  constructor(registry: MetricRegistry) {
    const labels = ['code', 'method', 'host'];
    this.#requests = registry.counter('rest_client_requests_total', 'Requests of clients in this process.', labels);
  }

  /** The same transport, counted. `host` is what the label says of where it leads. */
  counted(exchange: HttpExchange, host: string): HttpExchange {
    return async (request) => {
      let code = '<error>';
      try {
        const response = await exchange(request);
        code = String(response.status);
        return response;
      } finally {
        this.#child(code, request.method, host).value++;
      }
    };
  }

  #child(...values: [code: string, method: string, host: string]): Value {
    const key = values.join(' ');
    const known = this.#children.get(key);
    if (known) return known;
    const made = this.#requests.labels(...values);
    this.#children.set(key, made);
    return made;
  }
}

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RequestInfo } from './request-info.ts';

/** Called when a request is over: what it was, the status, and seconds. */
export type RequestDone = (info: RequestInfo | undefined, status: number, seconds: number) => void;

/** The children of one label set, kept because looking them up costs more than counting. */
interface Children {
  count(): void;
  observe(seconds: number): void;
}

const durationBuckets = [0.001, 0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.5, 2, 5, 10, 30, 60];

/** The server's metrics, with upstream's names. Each server has a registry of its own. */
export class ServerMetrics {
  readonly registry = new Registry();
  readonly #children = new Map<string, Children>();
  readonly #total = new Counter({
    name: 'apiserver_request_total',
    help: 'Requests by verb, group, version, resource, subresource and HTTP status.',
    labelNames: ['verb', 'group', 'version', 'resource', 'subresource', 'code'],
    registers: [this.registry],
  });
  readonly #duration = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'How long requests took, watches left out.',
    labelNames: ['verb', 'group', 'version', 'resource', 'subresource'],
    buckets: durationBuckets,
    registers: [this.registry],
  });
  readonly #inflight = new Gauge({
    name: 'apiserver_current_inflight_requests',
    help: 'Requests that are being answered, by whether they may change something.',
    labelNames: ['request_kind'],
    registers: [this.registry],
  });
  readonly #watches = new Gauge({
    name: 'apiserver_longrunning_requests',
    help: 'Watches that are open.',
    registers: [this.registry],
  });
  readonly #inflightBy = {
    readOnly: this.#inflight.labels('readOnly'),
    mutating: this.#inflight.labels('mutating'),
  };

  /** Counts the request as in flight until the answer is called. */
  begin(method: string): RequestDone {
    const inflight = this.#inflightBy[method === 'GET' || method === 'HEAD' ? 'readOnly' : 'mutating'];
    inflight.inc();
    return (info, status, seconds) => {
      inflight.dec();
      const children = this.#childrenOf(info, status);
      children.count();
      if (info?.verb !== 'watch') children.observe(seconds);
    };
  }

  watchOpened(): void {
    this.#watches.inc();
  }

  watchClosed(): void {
    this.#watches.dec();
  }

  /** The text that Prometheus scrapes. */
  render(): Promise<string> {
    this.#collectProcess();
    return this.registry.metrics();
  }

  #collectProcess = (): void => {
    collectDefaultMetrics({ register: this.registry });
    this.#collectProcess = () => {};
  };

  #childrenOf(info: RequestInfo | undefined, status: number): Children {
    const resource = info?.resourceRequest && status !== 404 && status !== 403 && status !== 401 ? info : undefined;
    const verb = resource ? resource.verb : 'other';
    const key = resource
      ? `${verb} ${resource.apiGroup}/${resource.apiVersion}/${resource.resource}/${resource.subresource} ${status}`
      : `other ${status}`;
    let children = this.#children.get(key);
    if (!children) {
      const { apiGroup = '', apiVersion = '', resource: plural = '', subresource = '' } = resource ?? {};
      const labels = [verb.toUpperCase(), apiGroup, apiVersion, plural, subresource] as const;
      const total = this.#total.labels(...labels, String(status));
      const duration = this.#duration.labels(...labels);
      children = { count: () => total.inc(), observe: (seconds) => duration.observe(seconds) };
      if (this.#children.size < 5000) this.#children.set(key, children);
    }
    return children;
  }
}

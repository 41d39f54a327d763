import type { KubeObject } from '../apimachinery/object.ts';
import type { Clock } from '../base/clock.ts';
import type { Counter, Histogram, MetricRegistry, Observations, Value } from '../base/metrics.ts';
import type { Entry, Freshness, ListOptions, ListResult, Storage, Update, WatchOptions } from './storage.ts';

/** Seconds, as upstream. */
const buckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
/** `type` is what older versions had in place of `group` and `resource`. */
const labels = ['operation', 'type', 'group', 'resource'];

/** What is counted of one operation on one resource. */
interface Children {
  readonly duration: Observations;
  readonly total: Value;
  readonly errors: Value;
}

/** A store whose calls are counted and timed, under the names that upstream has for its calls to etcd. */
export class MeasuredStorage implements Storage {
  readonly #inner: Storage;
  readonly #clock: Clock;
  readonly #duration: Histogram;
  readonly #total: Counter;
  readonly #errors: Counter;
  readonly #children = new Map<string, Children>();

  constructor(inner: Storage, registry: MetricRegistry, clock: Clock) {
    this.#inner = inner;
    this.#clock = clock;
    const seconds = ['etcd_request_duration_seconds', 'How long calls to the store took.'] as const;
    this.#duration = registry.histogram(...seconds, labels, buckets);
    this.#total = registry.counter('etcd_requests_total', 'Calls to the store.', labels);
    this.#errors = registry.counter('etcd_request_errors_total', 'Calls to the store that failed.', labels);
  }

  get(key: string, freshness?: Freshness): Promise<Entry | undefined> {
    return this.#timed('get', key, this.#inner.get(key, freshness));
  }

  list(prefix: string, options?: ListOptions): Promise<ListResult> {
    return this.#timed('list', prefix, this.#inner.list(prefix, options));
  }

  count(prefix: string): Promise<number> {
    return this.#timed('count', prefix, this.#inner.count(prefix));
  }

  create(key: string, object: KubeObject, ttl?: number): Promise<Entry> {
    return this.#timed('create', key, this.#inner.create(key, object, ttl));
  }

  update(key: string, change: (current: Entry) => Update | Promise<Update>, guess?: Entry): Promise<Entry> {
    return this.#timed('update', key, this.#inner.update(key, change, guess));
  }

  watch(prefix: string, options: WatchOptions): void {
    this.#inner.watch(prefix, options);
  }

  currentRevision(): Promise<number> {
    return this.#timed('currentRevision', '', this.#inner.currentRevision());
  }

  compact(revision: number): Promise<void> {
    return this.#inner.compact(revision);
  }

  ping(): Promise<void> {
    return this.#inner.ping();
  }

  async size(): Promise<number | undefined> {
    return this.#inner.size?.();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #timed<T>(operation: string, key: string, call: Promise<T>): Promise<T> {
    const started = this.#clock.monotonic();
    const { duration, total, errors } = this.#childrenOf(operation, key);
    total.value++;
    try {
      return await call;
    } catch (error) {
      errors.value++;
      throw error;
    } finally {
      duration.observe((this.#clock.monotonic() - started) / 1000);
    }
  }

  /** Keys begin with `/registry/<group>/<resource>/`. */
  #childrenOf(operation: string, key: string): Children {
    const end = key.indexOf('/', key.indexOf('/', '/registry/'.length) + 1);
    const id = `${operation} ${key.slice(0, end < 0 ? key.length : end)}`;
    const known = this.#children.get(id);
    if (known) return known;
    const [, , stored = '', resource = ''] = key.split('/');
    const group = stored === 'core' ? '' : stored;
    const values = [operation, group ? `${resource}.${group}` : resource, group, resource];
    const made = {
      duration: this.#duration.labels(...values),
      total: this.#total.labels(...values),
      errors: this.#errors.labels(...values),
    };
    this.#children.set(id, made);
    return made;
  }
}

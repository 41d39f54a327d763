import type { Clock } from '../base/clock.ts';
import type { MetricRegistry } from '../base/metrics.ts';

/** Seconds, as upstream. */
const buckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000];
const label = ['name'];

/** What is counted of one queue. Times are of the clock's monotonic time. */
export interface QueueMetrics {
  added(key: unknown): void;
  taken(key: unknown): void;
  done(key: unknown): void;
  retried(): void;
}

/** When (monotonic) each key was added, and taken. */
interface Queue {
  readonly waiting: Map<unknown, number>;
  readonly working: Map<unknown, number>;
}

/** The metrics of work queues, under upstream's names. One per process: queues differ by name. */
export class WorkQueueMetrics {
  readonly #clock: Clock;
  readonly #depth;
  readonly #adds;
  readonly #retries;
  readonly #waited;
  readonly #worked;
  readonly #unfinished;
  readonly #longest;
  readonly #queues = new Map<string, Queue[]>();

  constructor(registry: MetricRegistry, clock: Clock) {
    this.#clock = clock;
    this.#depth = registry.gauge('workqueue_depth', 'Keys that wait to be worked on.', label);
    this.#adds = registry.counter('workqueue_adds_total', 'Keys that were added.', label);
    this.#retries = registry.counter('workqueue_retries_total', 'Keys that were added again after a failure.', label);
    const waited = ['workqueue_queue_duration_seconds', 'How long keys waited.'] as const;
    this.#waited = registry.histogram(...waited, label, buckets);
    const worked = ['workqueue_work_duration_seconds', 'How long keys were worked on.'] as const;
    this.#worked = registry.histogram(...worked, label, buckets);
    const unfinished = ['workqueue_unfinished_work_seconds', 'Time spent so far on keys that are worked on.'] as const;
    this.#unfinished = registry.gauge(...unfinished, label);
    const longest = ['workqueue_longest_running_processor_seconds', 'The longest of these times.'] as const;
    this.#longest = registry.gauge(...longest, label);
  }

  /** What a queue of this name tells of itself. Queues of one name are counted together. */
  of(name: string): QueueMetrics {
    const [adds, retries] = [this.#adds, this.#retries].map((family) => family.labels(name));
    const [waited, worked] = [this.#waited.labels(name), this.#worked.labels(name)];
    const { waiting, working } = this.#newQueue(name);
    const since = (times: Map<unknown, number>, key: unknown) => {
      const started = times.get(key);
      times.delete(key);
      return started === undefined ? undefined : (this.#clock.monotonic() - started) / 1000;
    };
    return {
      added: (key) => {
        adds!.value++;
        waiting.set(key, this.#clock.monotonic());
      },
      taken: (key) => {
        const seconds = since(waiting, key);
        if (seconds !== undefined) waited.observe(seconds);
        working.set(key, this.#clock.monotonic());
      },
      done: (key) => {
        const seconds = since(working, key);
        if (seconds !== undefined) worked.observe(seconds);
      },
      retried: () => void retries!.value++,
    };
  }

  #newQueue(name: string): Queue {
    const queue = { waiting: new Map(), working: new Map() };
    const queues = this.#queues.get(name);
    if (queues) queues.push(queue);
    else this.#tell(name, [queue]);
    return queue;
  }

  #tell(name: string, queues: Queue[]): void {
    this.#queues.set(name, queues);
    const started = () => queues.flatMap(({ working }) => [...working.values()]);
    const running = () => started().map((since) => (this.#clock.monotonic() - since) / 1000);
    const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0);
    this.#depth.live([name], () => sum(queues.map(({ waiting }) => waiting.size)));
    this.#unfinished.live([name], () => sum(running()));
    this.#longest.live([name], () => Math.max(0, ...running()));
  }
}

import type { AdmissionPlugin } from '../../admission/plugin.ts';
import type { Clock } from '../../base/clock.ts';
import type { MetricRegistry, Observations } from '../../base/metrics.ts';

const buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5];
const types = { admit: 'admit', validate: 'validating' } as const;

/** How long admission plugins take. */
export class AdmissionMetrics {
  readonly #duration;
  readonly #steps;
  readonly #stepChildren = new Map<string, Observations>();
  readonly #clock: Clock;

  constructor(registry: MetricRegistry, clock: Clock) {
    this.#clock = clock;
    this.#duration = registry.histogram(
      ...([
        'apiserver_admission_controller_admission_duration_seconds',
        'How long each admission plugin took.',
      ] as const),
      ['name', 'type', 'operation', 'rejected'],
      buckets,
    );
    const step = [
      'apiserver_admission_step_admission_duration_seconds',
      'How long all plugins together took.',
    ] as const;
    this.#steps = registry.histogram(...step, ['operation', 'rejected', 'type'], buckets);
  }

  /** Takes the time of one step of the whole chain. */
  async step(type: 'admit' | 'validate', operation: string, run: () => Promise<void>): Promise<void> {
    const started = this.#clock.monotonic();
    let rejected = true;
    try {
      await run();
      rejected = false;
    } finally {
      this.#stepOf(operation, rejected, type).observe((this.#clock.monotonic() - started) / 1000);
    }
  }

  #stepOf(operation: string, rejected: boolean, type: string): Observations {
    const key = `${operation} ${rejected} ${type}`;
    let child = this.#stepChildren.get(key);
    if (!child) {
      child = this.#steps.labels(operation, String(rejected), type);
      this.#stepChildren.set(key, child);
    }
    return child;
  }

  /** The same plugins, with their time taken. */
  measured(plugins: readonly AdmissionPlugin[]): AdmissionPlugin[] {
    return plugins.map((plugin) => ({
      name: plugin.name,
      operations: plugin.operations,
      ...(plugin.kinds && { kinds: plugin.kinds }),
      ...(plugin.subresources && { subresources: plugin.subresources }),
      ...(plugin.admit && { admit: this.#timed(plugin, 'admit') }),
      ...(plugin.validate && { validate: this.#timed(plugin, 'validate') }),
      ...(plugin.stored && { stored: (change, context) => plugin.stored!(change, context) }),
    }));
  }

  #timed(plugin: AdmissionPlugin, step: keyof typeof types): NonNullable<AdmissionPlugin['admit']> {
    const children = { accepted: new Map<string, Observations>(), rejected: new Map<string, Observations>() };
    const observe = (operation: string, outcome: keyof typeof children, started: number) => {
      let child = children[outcome].get(operation);
      if (!child) {
        child = this.#duration.labels(plugin.name, types[step], operation, String(outcome === 'rejected'));
        children[outcome].set(operation, child);
      }
      child.observe((this.#clock.monotonic() - started) / 1000);
    };
    // Most plugins answer at once: nobody should have to wait for them.
    return (request, context) => {
      const started = this.#clock.monotonic();
      const { operation } = request;
      const failed = (error: unknown) => {
        observe(operation, 'rejected', started);
        throw error;
      };
      try {
        const result = plugin[step]!(request, context);
        if (result) return result.then(() => observe(operation, 'accepted', started), failed);
      } catch (error) {
        failed(error);
      }
      return observe(operation, 'accepted', started);
    };
  }
}

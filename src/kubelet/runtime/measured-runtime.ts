import type { Clock } from '../../base/clock.ts';
import type { KubeletMetrics } from '../kubelet-metrics.ts';
import type { Runtime } from './runtime.ts';

type Counted = Pick<KubeletMetrics, 'operations' | 'operationErrors' | 'operationSeconds'>;

/** The operations by which upstream counts them. What lasts as long as somebody looks on is not among them. */
const operationTypes = {
  info: 'version',
  createSandbox: 'run_podsandbox',
  removeSandbox: 'remove_podsandbox',
  createContainer: 'create_container',
  startContainer: 'start_container',
  signal: 'stop_container',
  updateResources: 'update_container',
  removeContainer: 'remove_container',
  findImage: 'image_status',
  images: 'list_images',
  removeImage: 'remove_image',
  pullImage: 'pull_image',
  usage: 'list_container_stats',
} as const satisfies Partial<Record<keyof Runtime, string>>;

const uncounted = [
  'start',
  'stop',
  'pods',
  'pod',
  'exited',
  'imageLayers',
  'exec',
  'attach',
  'logs',
  'filesOf',
  'dial',
] as const;

type Method = (...args: unknown[]) => Promise<unknown>;

/** A runtime that counts what it is asked to do. */
export function measuredRuntime(runtime: Runtime, metrics: Counted, clock: Clock): Runtime {
  const methods: Record<string, unknown> = {};
  const bound = (name: keyof Runtime) => (runtime[name] as Method).bind(runtime);
  for (const name of uncounted) methods[name] = bound(name);
  for (const [name, type] of Object.entries(operationTypes)) {
    methods[name] = counted(bound(name as keyof typeof operationTypes), type, metrics, clock);
  }
  return methods as unknown as Runtime;
}

function counted(method: Method, type: string, metrics: Counted, clock: Clock): Method {
  const count = metrics.operations.labels(type);
  const seconds = metrics.operationSeconds.labels(type);
  return async (...args) => {
    count.inc();
    const began = clock.monotonic();
    try {
      return await method(...args);
    } catch (error) {
      metrics.operationErrors.labels(type).inc();
      throw error;
    } finally {
      seconds.observe((clock.monotonic() - began) / 1000);
    }
  };
}

import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Storage } from '../storage/storage.ts';
import { HealthEndpoint, type HealthCheck } from './health.ts';
import type { HealthMetrics } from './metrics/health-metrics.ts';
import type { StartHooks } from './start-hooks.ts';

export interface HealthOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Log;
  readonly hooks: StartHooks;
  readonly metrics: HealthMetrics;
  /** Whether the server is on its way out. */
  readonly stopping: () => boolean;
  /** Checked by `/readyz` besides the server's own. */
  readonly more?: readonly HealthCheck[];
}

export type HealthEndpoints = Readonly<Record<'healthz' | 'livez' | 'readyz', HealthEndpoint>>;

/** The health of an API server, by the names under which users know the checks. */
export function healthEndpoints(options: HealthOptions): HealthEndpoints {
  const { storage, hooks, stopping, more = [] } = options;
  const ping = { name: 'ping', check: () => {} };
  // Lines are written at once, so there is nothing that could be stuck.
  const logs = { name: 'log', check: () => {} };
  const etcd = (name: string) => ({ name, check: () => storage.ping() });
  const cache = { name: 'informer-sync', check: async () => void (await storage.get(PROBE, { atLeast: 0 })) };
  const shutdown = { name: 'shutdown', quiet: true, check: () => failIf(stopping(), 'the server is shutting down') };
  const alive = [ping, logs, etcd('etcd'), ...hooks.checks];
  const ready = [ping, logs, etcd('etcd'), etcd('etcd-readiness'), cache, ...hooks.checks, ...more, shutdown];
  const endpoint = (path: string, checks: HealthCheck[]) => new HealthEndpoint(path, checks, options);
  return {
    healthz: endpoint('/healthz', alive),
    livez: endpoint('/livez', alive),
    readyz: endpoint('/readyz', ready),
  };
}

/** A key that is never written: reading it from the cache shows that the cache answers. */
const PROBE = '/registry/health';

function failIf(condition: boolean, message: string): void {
  if (condition) throw new Error(message);
}

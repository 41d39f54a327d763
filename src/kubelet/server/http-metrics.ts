import type { Clock } from '../../base/clock.ts';
import type { KubeletMetrics } from '../kubelet-metrics.ts';

/** The metrics that tell of requests. */
export type HttpMetrics = Pick<KubeletMetrics, 'httpRequests' | 'httpSeconds' | 'httpInFlight'>;

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE']);
/** The beginnings of paths that are told by name; whatever else clients ask for is one. */
const known = new Set([
  ...['attach', 'checkpoint', 'configz', 'containerLogs', 'exec', 'healthz', 'livez', 'logs', 'metrics', 'pods'],
  ...['metrics/cadvisor', 'metrics/probes', 'metrics/resource'],
  ...['portForward', 'readyz', 'run', 'runningpods', 'stats'],
]);
const longRunning = new Set(['attach', 'exec', 'portForward']);

/** How metrics tell a request: `method`, `path`, `server_type`, `long_running`. Names of pods are not among them. */
export function requestLabels(method: string | undefined, path: string): [string, string, string, string] {
  const [, first = '', second = ''] = path.split('/', 3);
  const place = first === 'metrics' && second ? `${first}/${second}` : first;
  const told = known.has(place) ? place : 'other';
  return [methods.has(method ?? '') ? method! : 'other', told, 'readwrite', String(longRunning.has(place))];
}

/** Counts a request, and how long its answer takes. */
export async function measured<T>(
  metrics: HttpMetrics | undefined,
  clock: Clock,
  { method, url = '/' }: { method?: string | undefined; url?: string | undefined },
  answer: () => Promise<T>,
): Promise<T> {
  if (!metrics) return answer();
  const labels = requestLabels(method, url.split('?', 1)[0]!);
  metrics.httpRequests.labels(...labels).inc();
  const inFlight = metrics.httpInFlight.labels(...labels);
  inFlight.inc();
  const started = clock.monotonic();
  try {
    return await answer();
  } finally {
    inFlight.inc(-1);
    metrics.httpSeconds.labels(...labels).observe((clock.monotonic() - started) / 1000);
  }
}

import type { Pod } from '../../api/core-v1/pod.ts';
import { timeOrZero } from '../../apimachinery/time.ts';
import type { PodMetric, PodMetrics } from './pod-metrics.ts';

/** Milliseconds after a pod's start in which its CPU usage counts only when it was measured while the pod was ready. */
const CPU_INITIALIZATION = 5 * 60_000;
/** Milliseconds after a pod's start in which becoming unready means that it never was ready. */
const INITIAL_READINESS = 30_000;

/** Names of pods by how much they tell about the load. */
export interface PodGroups {
  /** How many are measured and count. */
  readonly ready: number;
  /** They do not work yet: they count as idle when the others need help, else not at all. */
  readonly unready: ReadonlySet<string>;
  /** They work, and nobody knows how much. */
  readonly missing: ReadonlySet<string>;
  /** They are going or failed. */
  readonly ignored: ReadonlySet<string>;
}

/** Sorts pods by whether their metric can be trusted. Being ready matters to `cpu` alone: starting takes processor time. */
export function groupPods(
  pods: readonly Pod[],
  metrics: PodMetrics,
  resource: string | undefined,
  now: number,
): PodGroups {
  const [unready, missing, ignored] = [new Set<string>(), new Set<string>(), new Set<string>()];
  let ready = 0;
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const metric = metrics.get(name);
    if (deletionTimestamp !== undefined || pod.status?.phase === 'Failed') ignored.add(name);
    else if ((pod.status?.phase ?? 'Pending') === 'Pending') unready.add(name);
    else if (!metric) missing.add(name);
    else if (resource === 'cpu' && isStarting(pod, metric, now)) unready.add(name);
    else ready++;
  }
  return { ready, unready, missing, ignored };
}

function isStarting({ status }: Pod, metric: PodMetric, now: number): boolean {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  if (!condition || status?.startTime === undefined) return true;
  const started = timeOrZero(status.startTime);
  const changed = timeOrZero(condition.lastTransitionTime);
  const unready = condition.status === 'False';
  if (started + CPU_INITIALIZATION > now) return unready || metric.at < changed + metric.window;
  return unready && started + INITIAL_READINESS > changed;
}

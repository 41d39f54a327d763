import type { Column } from '../../apimachinery/table.ts';
import { age, timeOrZero } from '../../apimachinery/time.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../meta-v1/columns.ts';
import { isSidecar, type Container } from './pod-spec.ts';
import type { Pod } from './pod.ts';

type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];
type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

/** What a pod's containers amount to, as one line of `kubectl get pods`. */
export interface PodSummary {
  readonly ready: number;
  readonly total: number;
  /** The word of the STATUS column. */
  readonly reason: string;
  readonly restarts: number;
  /** RFC 3339; when a container last ended before it was started again. */
  readonly lastRestart: string | undefined;
}

interface Progress {
  reason: string;
  ready: number;
  restarts: number;
  lastRestart: string | undefined;
}

/** Condenses a pod's status the way every `kubectl` user knows it. */
function summarize(pod: Pod): PodSummary {
  const status = pod.status ?? {};
  const sidecars = (pod.spec?.initContainers ?? []).filter(isSidecar);
  const progress: Progress = { reason: startingReason(pod), ready: 0, restarts: 0, lastRestart: undefined };
  const sidecarProgress: Progress = { reason: '', ready: 0, restarts: 0, lastRestart: undefined };
  const initializing = lookAtInitContainers(pod, progress, sidecarProgress);
  if (!initializing || hasCondition(pod, 'Initialized')) {
    progress.restarts = sidecarProgress.restarts;
    progress.lastRestart = sidecarProgress.lastRestart;
    lookAtContainers(pod, progress);
  }
  return {
    ready: progress.ready,
    total: (pod.spec?.containers ?? []).length + sidecars.length,
    reason: pod.metadata.deletionTimestamp ? endingReason(status, progress.reason) : progress.reason,
    restarts: progress.restarts,
    lastRestart: progress.lastRestart,
  };
}

function startingReason(pod: Pod): string {
  const gated = pod.status?.conditions?.some((c) => c.type === 'PodScheduled' && c.reason === 'SchedulingGated');
  return gated ? 'SchedulingGated' : pod.status?.reason || pod.status?.phase || '';
}

function endingReason(status: NonNullable<Pod['status']>, reason: string): string {
  if (status.reason === 'NodeLost') return 'Unknown';
  return status.phase === 'Failed' || status.phase === 'Succeeded' ? reason : 'Terminating';
}

/** Whether an init container still holds the others up. Those are counted in order, up to the one that is at work. */
function lookAtInitContainers(pod: Pod, progress: Progress, sidecars: Progress): boolean {
  const specs = new Map((pod.spec?.initContainers ?? []).map((c) => [c.name, c]));
  const statuses = pod.status?.initContainerStatuses ?? [];
  for (const [i, status] of statuses.entries()) {
    const spec = specs.get(status.name);
    countRestarts(status, progress);
    if (spec && isSidecar(spec)) countRestarts(status, sidecars);
    if (isDone(status, spec)) {
      if (spec && isSidecar(spec) && status.started && status.ready) progress.ready++;
      continue;
    }
    progress.reason = initReason(status, i, specs.size);
    return true;
  }
  return false;
}

function isDone(status: ContainerStatus, spec: Container | undefined): boolean {
  if (status.state?.terminated?.exitCode === 0) return true;
  return spec !== undefined && isSidecar(spec) && status.started === true;
}

function initReason(status: ContainerStatus, index: number, total: number): string {
  const { terminated, waiting } = status.state ?? {};
  if (terminated) return `Init:${terminated.reason || exitReason(terminated)}`;
  if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
  return `Init:${index}/${total}`;
}

function lookAtContainers(pod: Pod, progress: Progress): void {
  let running = false;
  for (const status of (pod.status?.containerStatuses ?? []).toReversed()) {
    countRestarts(status, progress);
    const { waiting, terminated } = status.state ?? {};
    if (waiting?.reason) progress.reason = waiting.reason;
    else if (terminated) progress.reason = terminated.reason || exitReason(terminated);
    else if (status.ready && status.state?.running) {
      running = true;
      progress.ready++;
    }
  }
  if (progress.reason === 'Completed' && running) progress.reason = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
}

function exitReason(terminated: Terminated): string {
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode ?? 0}`;
}

function countRestarts(status: ContainerStatus, progress: Progress): void {
  progress.restarts += status.restartCount ?? 0;
  const ended = status.lastState?.terminated?.finishedAt;
  if (ended && timeOrZero(ended) > timeOrZero(progress.lastRestart)) progress.lastRestart = ended;
}

function hasCondition(pod: Pod, type: string): boolean {
  return pod.status?.conditions?.some((c) => c.type === type && c.status === 'True') ?? false;
}

function restartsText(pod: Pod, now: number): string {
  const { restarts, lastRestart } = summarize(pod);
  return restarts > 0 && lastRestart ? `${restarts} (${age(lastRestart, now)} ago)` : String(restarts);
}

function readinessGatesText(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  return `${gates.filter((gate) => hasCondition(pod, gate.conditionType)).length}/${gates.length}`;
}

/** The columns of `kubectl get pods`. */
export const podColumns: readonly Column<Pod>[] = [
  nameColumn,
  column('Ready', (pod) => {
    const { ready, total } = summarize(pod);
    return `${ready}/${total}`;
  }),
  column('Status', (pod) => summarize(pod).reason),
  column('Restarts', restartsText),
  ageColumn,
  wideColumn('IP', (pod) => pod.status?.podIPs?.[0]?.ip || pod.status?.podIP || '<none>'),
  wideColumn('Node', (pod) => pod.spec?.nodeName || '<none>'),
  wideColumn('Nominated Node', (pod) => pod.status?.nominatedNodeName || '<none>'),
  wideColumn('Readiness Gates', readinessGatesText),
];

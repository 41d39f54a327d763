import type { V1ContainerState } from '@kubernetes/client-node';
import { formatTime } from '../apimachinery/time.ts';
import type { Plain } from '../apimachinery/object.ts';
import type { Pod } from '../api/core-v1/pod.ts';
import { containerResources } from './containers/resources.ts';
import { mayRestart } from './restart-policy.ts';
import { ephemeralContainers, initContainers, isSidecar, mainContainers, reportedStatus } from './pod-spec.ts';
import type { Container, ContainerStatus } from './pod-spec.ts';
import type { ContainerState, PodState } from './runtime/runtime.ts';

type State = Plain<V1ContainerState>;

/** The highest number of a signal on Linux. */
const LAST_SIGNAL = 64;

/** Why a container does not run yet. */
export interface Waiting {
  readonly reason: string;
  readonly message?: string | undefined;
}

/** What besides the runtime's state goes into a container's status. */
export interface ContainerStatusInputs {
  readonly waiting: ReadonlyMap<string, Waiting>;
  /** The ids of containers whose postStart hook has not ended; until then they count as not started. */
  readonly hooked?: ReadonlySet<string> | undefined;
  /** Whether a running container has passed its startup probe (or has none). */
  readonly started: (run: ContainerState) => boolean;
  /** Whether a running container that has started passes its readiness probe (or has none). */
  readonly ready: (run: ContainerState) => boolean;
  /** By the names of image volumes that are ready: which image each of them shows. */
  readonly volumeImages?: ReadonlyMap<string, string> | undefined;
}

/** The statuses of the app containers, in the pod's order. */
export function appStatuses(pod: Pod, state: PodState, inputs: ContainerStatusInputs): ContainerStatus[] {
  const first = initContainers(pod).length > 0 ? 'PodInitializing' : 'ContainerCreating';
  return mainContainers(pod).map((c) => containerStatus(pod, c, state, inputs, first));
}

/** The statuses of the init containers (sidecars too), in the pod's order. */
export function initStatuses(pod: Pod, state: PodState, inputs: ContainerStatusInputs): ContainerStatus[] {
  return initContainers(pod).map((c) => {
    const status = containerStatus(pod, c, state, inputs, 'PodInitializing');
    // An init container is ready when it is done; a sidecar is judged like an app container.
    return isSidecar(c) ? status : { ...status, ready: status.state?.terminated?.exitCode === 0 };
  });
}

/** The statuses of the ephemeral containers, in the pod's order. Nobody waits for one to be ready. */
export function ephemeralStatuses(pod: Pod, state: PodState, inputs: ContainerStatusInputs): ContainerStatus[] {
  return ephemeralContainers(pod).map((c) => {
    const { started: _, ...status } = containerStatus(pod, c, state, inputs, 'ContainerCreating');
    return { ...status, ready: false };
  });
}

function containerStatus(
  pod: Pod,
  container: Container,
  state: PodState,
  inputs: ContainerStatusInputs,
  firstReason: string,
): ContainerStatus {
  const run = startedRun(state, container.name);
  const old = reportedStatus(pod, container.name);
  const shown = run ? fromRun(run, previousRun(state, run), old) : withoutRun(old);
  // What ended for good waits for nothing, even if the last thing that was said of it is why it could not start.
  const over = run?.state === 'exited' && (isEphemeral(pod, run.name) || !mayRestart(pod, run));
  const waiting = over ? undefined : inputs.waiting.get(container.name);
  const hooked = run?.state === 'running' && inputs.hooked?.has(run.id);
  const current = hooked
    ? undefined
    : run?.state === 'running'
      ? shown.state
      : waiting
        ? { waiting: clean(waiting) }
        : shown.state;
  const lastState = waiting && run?.state === 'exited' ? { terminated: terminated(run) } : shown.lastState;
  const running = current?.running !== undefined;
  const started = running && inputs.started(run!);
  return {
    name: container.name,
    state: current ?? { waiting: { reason: firstReason } },
    lastState: lastState ?? {},
    ready: started && inputs.ready(run!),
    restartCount: shown.restartCount,
    image: run?.image ?? container.image ?? '',
    imageID: run?.imageId ?? '',
    ...(shown.id && { containerID: shown.id }),
    started,
    ...(container.lifecycle?.stopSignal && { stopSignal: container.lifecycle.stopSignal }),
    ...mountsOf(container, inputs.volumeImages),
    ...resourcesOf(container, run, old),
  };
}

/** What the container was given, and what of it is in effect: until a change is, that is what was told before. */
function resourcesOf(
  { resources: given = {} }: Container,
  run: ContainerState | undefined,
  old: ContainerStatus | undefined,
): Pick<ContainerStatus, 'allocatedResources' | 'resources'> {
  if (!run) return {};
  const { requests, limits } = given;
  const some = (map: Record<string, string> | undefined) => map !== undefined && Object.keys(map).length > 0;
  const inEffect = { ...(some(limits) && { limits }), ...(some(requests) && { requests }) };
  const outdated = run.state === 'running' && !isInEffect(given, run);
  return {
    ...(some(requests) && { allocatedResources: requests }),
    resources: outdated ? (old?.resources ?? {}) : inEffect,
  };
}

function isInEffect(resources: NonNullable<Container['resources']>, { resources: has }: ContainerState): boolean {
  if (!has) return true;
  const { memoryBytes, cpuShares, cpuQuota } = containerResources({ name: '', resources });
  return has.memoryBytes === memoryBytes && has.cpuShares === cpuShares && has.cpuQuota === cpuQuota;
}

function isEphemeral(pod: Pod, name: string): boolean {
  return ephemeralContainers(pod).some((c) => c.name === name);
}

interface Shown {
  readonly state?: State | undefined;
  readonly lastState?: State | undefined;
  readonly restartCount: number;
  readonly id?: string | undefined;
}

function fromRun(run: ContainerState, previous: ContainerState | undefined, old: ContainerStatus | undefined): Shown {
  const state =
    run.state === 'running'
      ? { running: { startedAt: formatTime(run.startedAt ?? run.createdAt) } }
      : { terminated: terminated(run) };
  const kept = run.attempt > 0 && old?.restartCount === run.attempt ? old.lastState : undefined;
  const lastState = previous?.state === 'exited' ? { terminated: terminated(previous) } : kept;
  return { state, lastState, restartCount: run.attempt, id: containerId(run) };
}

/** The runtime knows nothing of a container: it never ran, or it was removed behind our back. */
function withoutRun(old: ContainerStatus | undefined): Shown {
  if (!old?.containerID) return { restartCount: old?.restartCount ?? 0 };
  if (old.state?.terminated)
    return { state: old.state, lastState: old.lastState, restartCount: old.restartCount, id: old.containerID };
  if (!old.state?.running) return { lastState: old.lastState, restartCount: old.restartCount, id: old.containerID };
  const lost = {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was looked at. The container used to be Running',
    containerID: old.containerID,
  };
  return { lastState: { terminated: lost }, restartCount: old.restartCount, id: old.containerID };
}

function terminated(run: ContainerState): NonNullable<State['terminated']> {
  return {
    exitCode: run.exitCode ?? 0,
    ...signalOf(run.exitCode ?? 0),
    reason: run.reason ?? (run.exitCode ? 'Error' : 'Completed'),
    ...(run.message && { message: run.message }),
    startedAt: formatTime(run.startedAt ?? run.createdAt),
    finishedAt: formatTime(run.finishedAt ?? run.createdAt),
    containerID: containerId(run),
  };
}

/** Engines tell a process that a signal ended, as shells do, by 128 and the signal's number. */
function signalOf(exitCode: number): { signal?: number } {
  const signal = exitCode - 128;
  return signal >= 1 && signal <= LAST_SIGNAL ? { signal } : {};
}

function startedRun(state: PodState, name: string): ContainerState | undefined {
  return state.containers.find((c) => c.name === name && c.state !== 'created');
}

function previousRun(state: PodState, run: ContainerState): ContainerState | undefined {
  return state.containers.find((c) => c.name === run.name && c.attempt < run.attempt && c.state === 'exited');
}

/** The newest run's id in the form of the API. */
export function containerId(run: ContainerState): string {
  return `docker://${run.id}`;
}

function clean({ reason, message }: Waiting): { reason: string; message?: string } {
  return { reason, ...(message && { message }) };
}

function mountsOf(
  container: Container,
  images: ContainerStatusInputs['volumeImages'],
): Pick<ContainerStatus, 'volumeMounts'> {
  if (!container.volumeMounts?.length) return {};
  const volumeMounts = container.volumeMounts.map(({ name, mountPath, readOnly }) => {
    const imageRef = images?.get(name);
    return {
      name,
      mountPath,
      ...(readOnly && { readOnly, recursiveReadOnly: 'Disabled' }),
      ...(imageRef && { volumeStatus: { image: { imageRef } } }),
    };
  });
  return { volumeMounts };
}

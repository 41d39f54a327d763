import type { Pod } from '../api/core-v1/pod.ts';
import type { ContainerState, PodState, Sandbox } from './runtime/runtime.ts';
import { latest } from './runtime/runtime.ts';
import {
  ephemeralContainers,
  initContainers,
  isSidecar,
  mainContainers,
  reportedStatus,
  restartPolicyOf,
  specOf,
} from './pod-spec.ts';
import { mayRestart, restartsAll } from './restart-policy.ts';
import type { Container } from './pod-spec.ts';

/** What decides besides the pod and the state of its containers. */
export interface ActionInputs {
  readonly specHash: (container: Container) => string;
  /** Whether this sandbox has a network. */
  readonly connected: (sandbox: Sandbox) => boolean;
  /** Until when a container that ended has to wait before it is started again. */
  readonly waiting: (name: string, finishedAt: number) => { until: number; delay: number } | undefined;
  /** Whether a running container must start anew to get what the node has given it now. */
  readonly resizeRestarts?: ((container: Container) => boolean) | undefined;
  /** The probe that says that a running container has to be restarted. */
  readonly failedProbe: (container: ContainerState) => 'liveness' | 'startup' | undefined;
  /** Whether a running container has passed its startup probe (or has none). */
  readonly started: (container: ContainerState) => boolean;
}

export interface ContainerStart {
  readonly container: Container;
  readonly attempt: number;
  /** The run that ended before this one, if any. */
  readonly previous?: ContainerState | undefined;
}

export interface ContainerKill {
  readonly container: ContainerState;
  readonly message: string;
  /** Seconds it gets to end, where that is not the pod's to say. */
  readonly seconds?: number | undefined;
}

export interface ContainerDelay {
  readonly name: string;
  readonly until: number;
  /** Milliseconds. */
  readonly delay: number;
}

/** What has to be done to a pod now. */
export interface PodActions {
  /** Everything has ended for good (or can never start): stop what still runs, free the network. */
  readonly finished: boolean;
  /** The sandbox is missing or broken: remove what there is and make a new one with this attempt. */
  readonly newSandbox?: number | undefined;
  readonly kill: readonly ContainerKill[];
  readonly start: readonly ContainerStart[];
  /** Containers whose restart has to wait. */
  readonly delayed: readonly ContainerDelay[];
  /** Runs that never started, and runs that are older than the last two. */
  readonly remove: readonly ContainerState[];
}

interface Plan {
  finished: boolean;
  kill: ContainerKill[];
  start: ContainerStart[];
  delayed: ContainerDelay[];
}

/**
 * Compares what a pod should be with what it is. Pure: the answer depends on the arguments alone.
 *
 * Init containers run one after the other, sidecars among them stay; app containers start together when all of those
 * are done. A new sandbox runs them all again. Ephemeral containers start whenever there is a sandbox, once.
 */
export function computePodActions(pod: Pod, state: PodState, inputs: ActionInputs): PodActions {
  const remove = superfluous(state);
  const sandbox = state.sandboxes[0];
  const done = appIsDone(pod, state);
  if (done) return { finished: true, kill: [], start: [], delayed: [], remove };
  if (!sandbox?.ready || !(sandbox.hostNetwork || inputs.connected(sandbox))) return renewSandbox(pod, state, remove);
  const plan: Plan = { finished: false, kill: [], start: [], delayed: [] };
  if (planWholeRestart(pod, state, sandbox, inputs, plan)) {
    if (plan.delayed.length > 0) return { ...plan, remove };
    return { ...plan, newSandbox: sandbox.attempt + 1, remove };
  }
  planEphemeral(pod, state, plan);
  if (planInit(pod, state, sandbox, inputs, plan)) planApp(pod, state, sandbox, inputs, plan);
  return { ...plan, remove };
}

/** A pod that may not restart and has already run is finished with its sandbox. */
function renewSandbox(pod: Pod, state: PodState, remove: ContainerState[]): PodActions {
  const finished = restartPolicyOf(pod) === 'Never' && state.sandboxes.length > 0 && state.containers.some(hasRun);
  const attempt = (state.sandboxes[0]?.attempt ?? -1) + 1;
  return { finished, ...(!finished && { newSandbox: attempt }), kill: [], start: [], delayed: [], remove };
}

/** Whether a container has ended that takes all others with it; how long that has to wait stands in the plan. */
function planWholeRestart(pod: Pod, state: PodState, sandbox: Sandbox, inputs: ActionInputs, plan: Plan): boolean {
  const cause = [...initContainers(pod), ...mainContainers(pod)]
    .map(({ name }) => currentRun(state, name, sandbox))
    .find((run) => run?.state === 'exited' && restartsAll(pod, run));
  if (!cause) return false;
  const wait = inputs.waiting(cause.name, cause.finishedAt ?? cause.createdAt);
  if (wait) plan.delayed.push({ name: cause.name, ...wait });
  return true;
}

/** Those that have never run, here or in the word of the kubelet before this one. */
function planEphemeral(pod: Pod, state: PodState, plan: Plan): void {
  for (const container of ephemeralContainers(pod)) {
    const run = latest(state, container.name);
    if ((run && hasRun(run)) || reportedStatus(pod, container.name)?.containerID) continue;
    plan.start.push({ container, attempt: 0, previous: undefined });
  }
}

/** Plans the init containers; true when the app may run. */
function planInit(pod: Pod, state: PodState, sandbox: Sandbox, inputs: ActionInputs, plan: Plan): boolean {
  const here = (name: string) => currentRun(state, name, sandbox);
  const appHasStarted = mainContainers(pod).some((c) => here(c.name));
  for (const container of initContainers(pod)) {
    const run = here(container.name);
    if (isSidecar(container)) {
      planRunning(pod, state, container, run, inputs, plan);
      if (!appHasStarted && !(run?.state === 'running' && inputs.started(run))) return false;
      continue;
    }
    if (appHasStarted || (run?.state === 'exited' && run.exitCode === 0)) continue;
    if (run?.state === 'running') return false;
    if (run?.state === 'exited' && !mayRestart(pod, run)) {
      plan.finished = true;
      return false;
    }
    planStart(pod, state, container, run, inputs, plan);
    return false;
  }
  return true;
}

function planApp(pod: Pod, state: PodState, sandbox: Sandbox, inputs: ActionInputs, plan: Plan): void {
  for (const container of mainContainers(pod)) {
    const run = currentRun(state, container.name, sandbox);
    const last = run ?? latest(state, container.name);
    if (last?.state === 'exited' && !mayRestart(pod, last)) continue;
    planRunning(pod, state, container, run, inputs, plan);
  }
}

/** A container that should run: start it, or restart it when it is not what it should be. */
function planRunning(
  pod: Pod,
  state: PodState,
  container: Container,
  run: ContainerState | undefined,
  inputs: ActionInputs,
  plan: Plan,
): void {
  if (run?.state !== 'running') return planStart(pod, state, container, run, inputs, plan);
  const kill = reasonToKill(pod, container, run, inputs);
  if (kill) plan.kill.push({ container: run, ...kill });
}

function reasonToKill(
  pod: Pod,
  container: Container,
  run: ContainerState,
  inputs: ActionInputs,
): Omit<ContainerKill, 'container'> | undefined {
  if (inputs.resizeRestarts?.(container)) return { message: `Container ${run.name} resize requires restart` };
  if (run.specHash !== inputs.specHash(container)) {
    return { message: `Container ${run.name} definition changed, will be restarted` };
  }
  const probe = inputs.failedProbe(run);
  if (!probe) return undefined;
  const seconds = container[`${probe}Probe`]?.terminationGracePeriodSeconds;
  const again = isSidecar(container) || mayRestart(pod, { name: run.name, exitCode: 137 });
  const message = `Container ${run.name} failed ${probe} probe${again ? ', will be restarted' : ''}`;
  return { message, ...(seconds !== undefined && { seconds }) };
}

function planStart(
  pod: Pod,
  state: PodState,
  container: Container,
  run: ContainerState | undefined,
  inputs: ActionInputs,
  plan: Plan,
): void {
  const previous = latest(state, container.name);
  if (run?.state === 'exited') {
    const wait = inputs.waiting(container.name, run.finishedAt ?? run.createdAt);
    if (wait) return void plan.delayed.push({ name: container.name, ...wait });
  }
  plan.start.push({ container, attempt: nextAttempt(pod, container.name, previous), previous });
}

/** A run that was made but never started (the kubelet stopped in between) is replaced under the same number. */
function nextAttempt(pod: Pod, name: string, previous: ContainerState | undefined): number {
  if (previous) return previous.state === 'created' ? previous.attempt : previous.attempt + 1;
  const reported = reportedStatus(pod, name);
  return reported?.containerID ? reported.restartCount + 1 : 0;
}

/** The newest run, if it belongs to this sandbox and was started. */
function currentRun(state: PodState, name: string, sandbox: Sandbox): ContainerState | undefined {
  const run = latest(state, name);
  return run && run.sandboxId === sandbox.id && run.state !== 'created' ? run : undefined;
}

/** Whether every app container has run to its end and none may be started again. */
function appIsDone(pod: Pod, state: PodState): boolean {
  const containers = specOf(pod).containers ?? [];
  return containers.every(({ name }) => {
    const run = latest(state, name);
    return run?.state === 'exited' && !mayRestart(pod, run);
  });
}

function hasRun(container: ContainerState): boolean {
  return container.state !== 'created';
}

/** Per container the current and the previous run are kept, for their logs. */
function superfluous(state: PodState): ContainerState[] {
  const kept = new Map<string, number>();
  return state.containers.filter((run) => {
    if (run.state === 'created') return true;
    const count = kept.get(run.name) ?? 0;
    kept.set(run.name, count + 1);
    return count >= 2 && run.state === 'exited';
  });
}

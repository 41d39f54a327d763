import type { Clock } from '../base/clock.ts';
import type { Pod } from '../api/core-v1/pod.ts';
import type { EventRecorder } from '../client/events.ts';
import { GracePeriod } from './grace-period.ts';
import type { HookRunner } from './hooks.ts';
import type { PodNetwork } from './network/network.ts';
import { containerPath, findContainer, identityOf, initContainers, isSidecar, specOf } from './pod-spec.ts';
import type { ContainerState, PodState, Runtime } from './runtime/runtime.ts';

export interface KillDependencies {
  readonly runtime: Runtime;
  readonly network: PodNetwork;
  readonly hooks: HookRunner;
  readonly events: EventRecorder;
  readonly clock: Clock;
}

/** Milliseconds that a container gets after its preStop hook has used up the whole time. */
const LEAST_AFTER_HOOK = 2_000;
/** The same for a sidecar after the containers that end before it. */
const LEAST_AFTER_OTHERS = 2_000;

/**
 * Ends a running container: its preStop hook, its stop signal, and SIGKILL when `grace` is over.
 * @param message of the event that tells of it
 */
export async function killContainer(
  deps: KillDependencies,
  pod: Pod,
  run: ContainerState,
  grace: GracePeriod,
  message = `Stopping container ${run.name}`,
): Promise<void> {
  if (run.state !== 'running') return;
  const { runtime } = deps;
  deps.events.event(pod, 'Normal', 'Killing', message, containerPath(pod, run.name));
  const exited = runtime.exited(run.id);
  if (grace.left > 0) {
    const preStop = findContainer(pod, run.name)?.lifecycle?.preStop;
    if (preStop) await Promise.race([deps.hooks.run(pod, run, preStop, 'PreStop'), grace.expired, exited]);
    await runtime.signal(run.id);
    await Promise.race([exited, afterHook(deps, grace, preStop !== undefined)]);
  }
  await runtime.signal(run.id, 'SIGKILL');
  await exited;
}

async function afterHook(deps: KillDependencies, grace: GracePeriod, hook: boolean): Promise<void> {
  if (!hook || grace.left > LEAST_AFTER_HOOK) return grace.expired;
  const least = new GracePeriod(deps.clock, LEAST_AFTER_HOOK);
  return least.expired;
}

/** Ends all containers of a pod: the app and plain init containers together, then the sidecars, last first. */
export async function killContainers(deps: KillDependencies, pod: Pod, grace: GracePeriod): Promise<void> {
  const running = deps.runtime.pod(identityOf(pod)).containers.filter((c) => c.state === 'running');
  const sidecars = new Set(
    initContainers(pod)
      .filter(isSidecar)
      .map((c) => c.name),
  );
  await Promise.all(running.filter((c) => !sidecars.has(c.name)).map((c) => killContainer(deps, pod, c, grace)));
  for (const name of [...sidecars].reverse()) {
    await Promise.all(running.filter((c) => c.name === name).map((c) => killSidecar(deps, pod, c, grace)));
  }
}

/** A sidecar whose turn comes when the time is used up is still asked to end, and gets a moment for it. */
async function killSidecar(deps: KillDependencies, pod: Pod, run: ContainerState, grace: GracePeriod): Promise<void> {
  if (grace.left > LEAST_AFTER_OTHERS || grace.immediate) return killContainer(deps, pod, run, grace);
  const least = new GracePeriod(deps.clock, LEAST_AFTER_OTHERS);
  await killContainer(deps, pod, run, least);
  least.cancel();
}

/** Frees the network of a pod's sandboxes and removes them. */
export async function removeSandboxes(deps: KillDependencies, state: PodState): Promise<void> {
  for (const sandbox of state.sandboxes) {
    if (!sandbox.hostNetwork) await deps.network.detach(state, sandbox);
    await deps.runtime.removeSandbox(sandbox.id);
  }
}

/** How long a pod's containers get to end, in milliseconds: what its deletion says, or the pod itself. */
export function gracePeriodOf(pod: Pod): number {
  const seconds = pod.metadata.deletionGracePeriodSeconds ?? specOf(pod).terminationGracePeriodSeconds ?? 30;
  return seconds * 1000;
}

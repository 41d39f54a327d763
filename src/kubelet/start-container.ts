import type { Clock } from '../base/clock.ts';
import { errorMessage } from '../base/log.ts';
import type { Pod } from '../api/core-v1/pod.ts';
import type { EventRecorder } from '../client/events.ts';
import type { PodCgroups } from './cgroups/pod-cgroups.ts';
import type { ConfigInputs } from './containers/container-config.ts';
import { containerConfig } from './containers/container-config.ts';
import type { Waiting } from './container-status.ts';
import type { HookRunner } from './hooks.ts';
import { GracePeriod } from './grace-period.ts';
import { killContainer, type KillDependencies } from './kill-pod.ts';
import type { KubeletMetrics } from './kubelet-metrics.ts';
import { containerPath, ephemeralContainers, identityOf, initContainers } from './pod-spec.ts';
import type { ContainerStart } from './pod-actions.ts';
import { RuntimeError, type Runtime } from './runtime/runtime.ts';

/** What a start is made of: the container's configuration, and where it is noted that it is not to be shown yet. */
export interface StartInputs extends ConfigInputs {
  /** The ids of containers whose postStart hook has not ended: for everybody else they do not run yet. */
  readonly hooked: Set<string>;
}

export interface StartDependencies extends KillDependencies {
  readonly runtime: Runtime;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly hooks: HookRunner;
  readonly cgroups: () => Pick<PodCgroups, 'endTogether'> | undefined;
  readonly metrics: Pick<KubeletMetrics, 'startedContainers' | 'startedContainerErrors'>;
}

/**
 * Makes and starts one container whose image is here.
 * @returns why it does not run, which an event has told already; undefined when it does
 */
export async function startContainer(
  deps: StartDependencies,
  pod: Pod,
  start: ContainerStart,
  inputs: StartInputs,
): Promise<Waiting | undefined> {
  const { runtime, events, metrics } = deps;
  const { name } = start.container;
  const path = containerPath(pod, name);
  const type = containerTypeOf(pod, name);
  const failed = (reason: string, message: string): Waiting => {
    metrics.startedContainerErrors.labels(type, reason).inc();
    events.event(pod, 'Warning', 'Failed', `Error: ${message}`, path);
    return { reason, message };
  };
  let config;
  try {
    config = await containerConfig(pod, start.container, inputs);
  } catch (error) {
    return failed('CreateContainerConfigError', errorMessage(error));
  }
  const { refusedCapabilities: refused } = config.security;
  if (refused?.length) {
    const message = `Container ${name} runs without capabilities that this machine cannot give: ${refused.join(', ')}`;
    events.event(pod, 'Warning', 'CapabilitiesReduced', message);
  }
  let id: string;
  try {
    id = await runtime.createContainer(config);
  } catch (error) {
    return failed(error instanceof RuntimeError ? error.reason : 'CreateContainerError', errorMessage(error));
  }
  events.event(pod, 'Normal', 'Created', 'Container created', path);
  if (start.container.lifecycle?.postStart) inputs.hooked.add(id);
  try {
    await runtime.startContainer(id);
    await deps.cgroups()?.endTogether(pod, id);
    metrics.startedContainers.labels(type).inc();
    events.event(pod, 'Normal', 'Started', 'Container started', path);
    return await postStart(deps, pod, start, id);
  } catch (error) {
    return failed(error instanceof RuntimeError ? error.reason : 'RunContainerError', errorMessage(error));
  } finally {
    inputs.hooked.delete(id);
  }
}

async function postStart(
  deps: StartDependencies,
  pod: Pod,
  { container }: ContainerStart,
  id: string,
): Promise<Waiting | undefined> {
  const hook = container.lifecycle?.postStart;
  if (!hook) return undefined;
  const run = deps.runtime.pod(identityOf(pod)).containers.find((c) => c.id === id);
  if (!run) return undefined;
  const message = await deps.hooks.run(pod, run, hook, 'PostStart');
  if (!message) return undefined;
  const grace = new GracePeriod(deps.clock, (pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000);
  await killContainer(deps, pod, run, grace, `FailedPostStartHook`);
  grace.cancel();
  return { reason: 'PostStartHookError', message };
}

/** As metrics name it. */
function containerTypeOf(pod: Pod, name: string): string {
  if (initContainers(pod).some((one) => one.name === name)) return 'init_container';
  return ephemeralContainers(pod).some((one) => one.name === name) ? 'ephemeral_container' : 'container';
}

import { formatTime } from '../apimachinery/time.ts';
import type { Pod } from '../api/core-v1/pod.ts';
import { appStatuses, ephemeralStatuses, initStatuses, type ContainerStatusInputs } from './container-status.ts';
import { podConditions } from './pod-conditions.ts';
import { qosClassOf } from './pod-qos.ts';
import { hasEnded, initContainers, isSidecar, specOf } from './pod-spec.ts';
import type { ContainerStatus, PodStatus } from './pod-spec.ts';
import { mayRestart } from './restart-policy.ts';
import type { ResizeStatus } from './resize/pod-resize.ts';
import type { PodState } from './runtime/runtime.ts';

type Phase = NonNullable<PodStatus['phase']>;

/** What a pod's status is made of besides the pod and the runtime's state. Times are milliseconds since the epoch. */
export interface StatusInputs extends ContainerStatusInputs {
  readonly hostIp: string;
  /** The addresses of the newest sandbox, if it runs. */
  readonly ips: readonly string[];
  readonly networkReady: boolean;
  readonly now: number;
  /** The pod has been ended: nothing will be started any more. */
  readonly ended: boolean;
  /** The pod failed as a whole. */
  readonly failure?: { readonly reason: string; readonly message: string } | undefined;
  readonly resize?: ResizeStatus | undefined;
  /** The node ends the pod, and why. */
  readonly disruption?: { readonly reason: string; readonly message: string } | undefined;
}

/** The status of a pod as the API shows it. Pure. */
export function podStatus(pod: Pod, state: PodState, inputs: StatusInputs): PodStatus {
  const init = initStatuses(pod, state, inputs);
  const app = appStatuses(pod, state, inputs);
  const ephemeral = ephemeralStatuses(pod, state, inputs);
  const phase = told(pod, state, inputs.failure ? 'Failed' : podPhase(pod, init, app, inputs.ended));
  const { networkReady, now } = inputs;
  const ips =
    inputs.ips.length > 0 ? inputs.ips : hasEnded(phase) ? (pod.status?.podIPs ?? []).map(({ ip }) => ip) : [];
  return {
    ...(pod.metadata.generation && { observedGeneration: pod.metadata.generation }),
    phase,
    conditions: podConditions(pod, {
      phase,
      init,
      app,
      networkReady,
      now,
      disruption: inputs.disruption,
      resize: inputs.resize,
    }),
    ...(phase === 'Failed' ? (inputs.failure ?? kept(pod, phase)) : {}),
    hostIP: inputs.hostIp,
    hostIPs: [{ ip: inputs.hostIp }],
    ...(ips.length > 0 && { podIP: ips[0]!, podIPs: ips.map((ip) => ({ ip })) }),
    startTime: pod.status?.startTime ?? formatTime(now),
    ...containerStatuses(phase, { init, app, ephemeral }),
    ...resourcesOf(pod),
    qosClass: pod.status?.qosClass ?? qosClassOf(pod),
  };
}

/** A pod that failed before any of its containers ran is shown by why that is, not by what they wait for. */
function containerStatuses(
  phase: Phase,
  { init, app, ephemeral }: Record<'init' | 'app' | 'ephemeral', ContainerStatus[]>,
): Partial<PodStatus> {
  const some = [...init, ...app, ...ephemeral].some(({ containerID }) => containerID);
  if (phase === 'Failed' && !some) return {};
  return {
    ...(init.length > 0 && { initContainerStatuses: init }),
    containerStatuses: app,
    ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral }),
  };
}

/** What a pod that asks for something as a whole was given as such. */
function resourcesOf(pod: Pod): Pick<PodStatus, 'resources' | 'allocatedResources'> {
  const { resources } = specOf(pod);
  if (!resources) return {};
  const { requests, limits } = resources;
  return {
    resources: { ...(limits && { limits }), ...(requests && { requests }) },
    ...(requests && { allocatedResources: requests }),
  };
}

/** That a pod is over is told when nothing of it runs any more: others count on it. */
function told(pod: Pod, state: PodState, phase: Phase): Phase {
  const before = pod.status?.phase;
  const early = hasEnded(phase) && !hasEnded(before) && state.containers.some((run) => run.state === 'running');
  return early ? (before ?? 'Pending') : phase;
}

/** Why a pod failed stays in its status. */
function kept(pod: Pod, phase: string): { reason?: string; message?: string } {
  const { status } = pod;
  if (phase !== 'Failed' || status?.phase !== 'Failed') return {};
  return { ...(status.reason && { reason: status.reason }), ...(status.message && { message: status.message }) };
}

/**
 * The phase that follows from the states of the containers. A pod that has ended never goes back, and one that was made
 * to end is either Succeeded (every container says so) or Failed.
 */
function podPhase(pod: Pod, init: readonly ContainerStatus[], app: readonly ContainerStatus[], ended: boolean): Phase {
  if (hasEnded(pod.status?.phase)) return pod.status!.phase!;
  if (ended) return app.every((s) => s.state?.terminated?.exitCode === 0) ? 'Succeeded' : 'Failed';
  const initPhase = phaseOfInit(pod, init, app);
  if (initPhase) return initPhase;
  if (app.some((s) => isFresh(s))) return 'Pending';
  if (app.some((s) => s.state?.running || s.state?.waiting || comesBack(pod, s))) return 'Running';
  return app.every((s) => s.state?.terminated?.exitCode === 0) ? 'Succeeded' : 'Failed';
}

/** Pending (or Failed) while init containers have not done their part; undefined when the app's containers decide. */
function phaseOfInit(
  pod: Pod,
  init: readonly ContainerStatus[],
  app: readonly ContainerStatus[],
): 'Pending' | 'Failed' | undefined {
  if (app.some((s) => s.containerID)) return undefined;
  const sidecars = new Set(
    initContainers(pod)
      .filter(isSidecar)
      .map((c) => c.name),
  );
  const missing = init.filter((s) => (sidecars.has(s.name) ? !s.started : !s.ready));
  if (missing.length === 0) return undefined;
  const failed = missing.some((s) => !sidecars.has(s.name) && s.state?.terminated && !comesBack(pod, s));
  return failed ? 'Failed' : 'Pending';
}

/** Whether a container that ended will be started again. */
function comesBack(pod: Pod, { name, state }: ContainerStatus): boolean {
  return state?.terminated !== undefined && mayRestart(pod, { name, exitCode: state.terminated.exitCode });
}

/** Whether a container waits for its very first start. */
function isFresh(status: ContainerStatus): boolean {
  return status.state?.waiting !== undefined && !status.lastState?.terminated;
}

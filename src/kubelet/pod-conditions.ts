import type { V1PodCondition } from '@kubernetes/client-node';
import { formatTime } from '../apimachinery/time.ts';
import type { Plain } from '../apimachinery/object.ts';
import type { Pod } from '../api/core-v1/pod.ts';
import { initContainers, isSidecar, specOf } from './pod-spec.ts';
import type { ContainerStatus } from './pod-spec.ts';
import type { ResizeStatus } from './resize/pod-resize.ts';

export type PodCondition = Plain<V1PodCondition>;

/** What the conditions are made of. Time is in milliseconds since the epoch. */
export interface ConditionInputs {
  readonly phase: string;
  readonly init: readonly ContainerStatus[];
  readonly app: readonly ContainerStatus[];
  readonly networkReady: boolean;
  readonly now: number;
  readonly resize?: ResizeStatus | undefined;
  readonly disruption?: { readonly reason: string; readonly message: string } | undefined;
}

type Verdict = Pick<PodCondition, 'status'> & { reason?: string | undefined; message?: string | undefined };

/**
 * The pod's conditions: the kubelet's five, then those that others have set. A condition whose status is unchanged keeps
 * its time of transition.
 */
export function podConditions(pod: Pod, inputs: ConditionInputs): PodCondition[] {
  const old = new Map((pod.status?.conditions ?? []).map((c) => [c.type, c]));
  const containersReady = containersReadyVerdict(pod, inputs);
  const verdicts: Record<string, Verdict> = {
    PodReadyToStartContainers: { status: inputs.networkReady ? 'True' : 'False' },
    Initialized: initializedVerdict(pod, inputs),
    Ready: readyVerdict(pod, containersReady, old),
    ContainersReady: containersReady,
    PodScheduled: { status: 'True' },
    ...resizeVerdicts(inputs.resize),
    ...(inputs.disruption && { DisruptionTarget: { status: 'True', ...inputs.disruption } }),
  };
  const ours = Object.entries(verdicts).map(([type, verdict]) =>
    condition(pod, type, verdict, old.get(type), inputs.now),
  );
  const others = [...old.values()].filter((c) => !Object.hasOwn(verdicts, c.type) && !passing.has(c.type));
  return [...ours, ...others];
}

/** Conditions that are there only while they are true. */
export const passing: ReadonlySet<string> = new Set(['PodResizePending', 'PodResizeInProgress']);

function resizeVerdicts({ pending, inProgress, error }: ResizeStatus = { inProgress: false }): Record<string, Verdict> {
  return {
    ...(pending && { PodResizePending: { status: 'True', ...pending } }),
    ...(inProgress && { PodResizeInProgress: { status: 'True', ...(error && { reason: 'Error', message: error }) } }),
  };
}

function condition(pod: Pod, type: string, verdict: Verdict, old: PodCondition | undefined, now: number): PodCondition {
  const { generation } = pod.metadata;
  return {
    type,
    ...(generation && { observedGeneration: generation }),
    status: verdict.status,
    ...(verdict.reason && { reason: verdict.reason }),
    ...(verdict.message && { message: verdict.message }),
    lastTransitionTime:
      old?.status === verdict.status && old.lastTransitionTime ? old.lastTransitionTime : formatTime(now),
  };
}

function initializedVerdict(pod: Pod, { init, phase, app }: ConditionInputs): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  if (app.some((s) => s.containerID)) return { status: 'True' };
  const sidecars = new Set(
    initContainers(pod)
      .filter(isSidecar)
      .map((c) => c.name),
  );
  const incomplete = init.filter((s) => (sidecars.has(s.name) ? !s.started : !s.ready)).map((s) => s.name);
  if (incomplete.length === 0) return { status: 'True' };
  const message = `containers with incomplete status: [${incomplete.join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotInitialized', message };
}

function containersReadyVerdict(pod: Pod, { init, app, phase }: ConditionInputs): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const sidecars = new Set(
    initContainers(pod)
      .filter(isSidecar)
      .map((c) => c.name),
  );
  const judged = [...init.filter((s) => sidecars.has(s.name)), ...app];
  const unready = judged.filter((s) => !s.ready).map((s) => s.name);
  if (unready.length === 0) return { status: 'True' };
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  };
}

function readyVerdict(pod: Pod, containersReady: Verdict, old: ReadonlyMap<string, PodCondition>): Verdict {
  if (containersReady.status !== 'True') return containersReady;
  const closed = (specOf(pod).readinessGates ?? []).filter((gate) => old.get(gate.conditionType)?.status !== 'True');
  if (closed.length === 0) return { status: 'True' };
  const why = closed.map(({ conditionType: type }) => {
    const found = old.get(type);
    return found
      ? `the status of pod readiness gate "${type}" is not "True", but ${found.status}`
      : `corresponding condition of pod readiness gate "${type}" does not exist.`;
  });
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: why.join(', ') };
}

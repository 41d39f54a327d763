import { parseTime } from '../../apimachinery/time.ts';
import type { PodIdentity } from '../pod-spec.ts';
import type { DockerInspection } from './docker.ts';
import type { ContainerConfig, ContainerState, Sandbox, SandboxConfig } from './runtime.ts';

/** The labels by which our containers are known again. */
export const label = {
  cluster: 'io.coxswain.cluster',
  node: 'io.coxswain.node',
  type: 'io.coxswain.type',
  uid: 'io.coxswain.pod.uid',
  namespace: 'io.coxswain.pod.namespace',
  pod: 'io.coxswain.pod.name',
  container: 'io.coxswain.container',
  attempt: 'io.coxswain.attempt',
  sandbox: 'io.coxswain.sandbox',
  specHash: 'io.coxswain.spec-hash',
  image: 'io.coxswain.image',
  imageRef: 'io.coxswain.image-ref',
  hostNetwork: 'io.coxswain.host-network',
  handler: 'io.coxswain.runtime-handler',
  messagePath: 'io.coxswain.termination-message',
  messageFromLog: 'io.coxswain.termination-message-from-log',
} as const;

/** Whose containers they are. */
export interface Owner {
  readonly clusterId: string;
  readonly nodeName: string;
}

export function podLabels(
  owner: Owner,
  pod: PodIdentity,
  type: 'sandbox' | 'container',
  attempt: number,
): Record<string, string> {
  return {
    [label.cluster]: owner.clusterId,
    [label.node]: owner.nodeName,
    [label.type]: type,
    [label.uid]: pod.uid,
    [label.namespace]: pod.namespace,
    [label.pod]: pod.name,
    [label.attempt]: String(attempt),
  };
}

/** The filter that finds exactly this owner's containers. */
export function ownerFilter({ clusterId, nodeName }: Owner): string[] {
  return [`${label.cluster}=${clusterId}`, `${label.node}=${nodeName}`];
}

/** `cox_<container>_<pod>_<namespace>_<uid8>_<attempt>`. */
export function containerName({ pod, name, attempt }: Pick<ContainerConfig, 'pod' | 'name' | 'attempt'>): string {
  return nameOf(name, pod, attempt);
}

export function sandboxName({ pod, attempt }: SandboxConfig): string {
  return nameOf('POD', pod, attempt);
}

function nameOf(container: string, { name, namespace, uid }: PodIdentity, attempt: number): string {
  return `cox_${container}_${name}_${namespace}_${uid.slice(0, 8)}_${attempt}`;
}

/** One of our containers as the engine describes it. */
export type Known =
  | { readonly type: 'sandbox'; readonly pod: PodIdentity; readonly sandbox: Sandbox }
  | { readonly type: 'container'; readonly pod: PodIdentity; readonly container: ContainerState };

/** Reads an inspection; undefined when the container is none of ours. */
export function knownOf(info: DockerInspection): Known | undefined {
  const labels = info.Config.Labels ?? {};
  const uid = labels[label.uid];
  if (!uid) return undefined;
  const pod = { uid, namespace: labels[label.namespace] ?? '', name: labels[label.pod] ?? '' };
  if (labels[label.type] === 'sandbox') return { type: 'sandbox', pod, sandbox: sandboxOf(info, labels) };
  return { type: 'container', pod, container: containerOf(info, labels) };
}

function sandboxOf(info: DockerInspection, labels: Record<string, string>): Sandbox {
  const { Running: ready, Pid: pid } = info.State;
  return {
    id: info.Id,
    attempt: Number(labels[label.attempt]),
    ready,
    createdAt: timeOf(info.Created) ?? 0,
    hostNetwork: labels[label.hostNetwork] === 'true',
    ...(labels[label.handler] && { handler: labels[label.handler] }),
    netns: ready && pid > 0 ? `/proc/${pid}/ns/net` : undefined,
  };
}

function containerOf(info: DockerInspection, labels: Record<string, string>): ContainerState {
  const createdAt = timeOf(info.Created) ?? 0;
  return {
    id: info.Id,
    name: labels[label.container] ?? '',
    attempt: Number(labels[label.attempt]),
    sandboxId: labels[label.sandbox] ?? '',
    image: labels[label.image] ?? info.Config.Image,
    imageId: labels[label.imageRef] ?? info.Image,
    specHash: labels[label.specHash] ?? '',
    resources: limitsOf(info),
    createdAt,
    ...outcome(info, createdAt),
  };
}

function limitsOf({ HostConfig }: DockerInspection): ContainerState['resources'] {
  const { Memory = 0, CpuShares = 0, CpuQuota = 0 } = HostConfig;
  return { memoryBytes: Memory, cpuShares: CpuShares, cpuQuota: CpuQuota };
}

function outcome(info: DockerInspection, createdAt: number): Pick<ContainerState, 'state'> & Partial<ContainerState> {
  const { Status, Running, ExitCode, OOMKilled, Error: problem } = info.State;
  const startedAt = timeOf(info.State.StartedAt);
  if (Running) return { state: 'running', startedAt };
  if (Status === 'created' && !problem) return { state: 'created' };
  if (Status === 'created') {
    return {
      state: 'exited',
      startedAt: createdAt,
      finishedAt: createdAt,
      exitCode: 128,
      reason: 'StartError',
      message: problem,
    };
  }
  const reason = OOMKilled ? 'OOMKilled' : ExitCode === 0 ? 'Completed' : 'Error';
  return {
    state: 'exited',
    startedAt,
    finishedAt: timeOf(info.State.FinishedAt) ?? createdAt,
    exitCode: ExitCode,
    reason,
  };
}

/** Docker writes year 1 for "never". */
function timeOf(text: string | undefined): number | undefined {
  const time = parseTime(text);
  return time === undefined || time <= 0 ? undefined : time;
}

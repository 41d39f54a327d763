import type { V1ContainerStatus, V1PodStatus } from '@kubernetes/client-node';
import type { Plain } from '../apimachinery/object.ts';
import type { Pod } from '../api/core-v1/pod.ts';
import { isSidecar, type Container, type PodSpec } from '../api/core-v1/pod-spec.ts';

export { isSidecar, type Container, type PodSpec };
export type PodStatus = Plain<V1PodStatus>;
export type ContainerStatus = Plain<V1ContainerStatus>;

/** What names a pod on its node. */
export interface PodIdentity {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

/** The spec; an empty one for a pod that only the runtime knows. */
export function specOf(pod: Pod): PodSpec {
  return pod.spec ?? { containers: [] };
}

/** What names this pod on its node. */
export function identityOf(pod: Pod): PodIdentity {
  return { uid: pod.metadata.uid, namespace: pod.metadata.namespace ?? 'default', name: pod.metadata.name };
}

/** The app containers. */
export function mainContainers(pod: Pod): Container[] {
  return specOf(pod).containers ?? [];
}

/** The containers that run before the app's, sidecars among them. */
export function initContainers(pod: Pod): Container[] {
  return specOf(pod).initContainers ?? [];
}

/** A container that was added to a running pod, as by `kubectl debug`. */
export type EphemeralContainer = Container & { readonly targetContainerName?: string | undefined };

/** The containers that were added to the running pod: started once, never again, and without a say in its fate. */
export function ephemeralContainers(pod: Pod): EphemeralContainer[] {
  return specOf(pod).ephemeralContainers ?? [];
}

/** Init containers (sidecars too), app containers, and ephemeral ones. */
export function allContainers(pod: Pod): Container[] {
  return [...initContainers(pod), ...mainContainers(pod), ...ephemeralContainers(pod)];
}

/** How events name the part of a pod that a container is: `spec.containers{web}`. */
export function containerPath(pod: Pod, name: string): string {
  const among = (list: readonly Container[]) => list.some((c) => c.name === name);
  const list = among(initContainers(pod))
    ? 'initContainers'
    : among(ephemeralContainers(pod))
      ? 'ephemeralContainers'
      : 'containers';
  return `spec.${list}{${name}}`;
}

/** The container of this name, of whatever sort. */
export function findContainer(pod: Pod, name: string): Container | undefined {
  return allContainers(pod).find((c) => c.name === name);
}

/** When containers that ended are started again; `Always` when the pod does not say. */
export function restartPolicyOf(pod: Pod): 'Always' | 'OnFailure' | 'Never' {
  return (specOf(pod).restartPolicy as 'Always' | 'OnFailure' | 'Never' | undefined) ?? 'Always';
}

/** Whether the pod stands in a file of its node, and in the API only as a mirror. */
export function isStatic({ metadata }: Pod): boolean {
  const source = metadata.annotations?.['kubernetes.io/config.source'];
  return source !== undefined && source !== 'api';
}

/** What pods without which a cluster does not work have as their priority at least. */
const CRITICAL_PRIORITY = 2_000_000_000;

/** Whether the node must run the pod above all others, and never evicts it. */
export function isCritical(pod: Pod): boolean {
  return isStatic(pod) || (specOf(pod).priority ?? 0) >= CRITICAL_PRIORITY;
}

/** Whether the pod has ended for good. */
export function hasEnded(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** `name_namespace(uid)`, as upstream's messages name pods. */
export function podTitle({ name, namespace, uid }: PodIdentity): string {
  return `${name}_${namespace}(${uid})`;
}

/** The status of a container in the API object, whatever sort of container it is. */
export function reportedStatus(pod: Pod, name: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find((s) => s.name === name);
}

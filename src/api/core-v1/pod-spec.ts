import type {
  V1Affinity,
  V1Container,
  V1ContainerPort,
  V1EnvFromSource,
  V1EnvVar,
  V1EphemeralContainer,
  V1LifecycleHandler,
  V1NodeSelector,
  V1PodSpec,
  V1PodTemplateSpec,
  V1Probe,
  V1ResourceRequirements,
  V1Toleration,
  V1Volume,
} from '@kubernetes/client-node';
import type { Plain } from '../../apimachinery/object.ts';

/** The parts of a pod that several kinds share, in their JSON form. */
export type PodSpec = Plain<V1PodSpec>;
export type PodTemplateSpec = Plain<V1PodTemplateSpec>;
export type Container = Plain<V1Container>;
export type EphemeralContainer = Plain<V1EphemeralContainer>;
export type ContainerPort = Plain<V1ContainerPort>;
export type EnvVar = Plain<V1EnvVar>;
export type EnvFromSource = Plain<V1EnvFromSource>;
export type Probe = Plain<V1Probe>;
export type LifecycleHandler = Plain<V1LifecycleHandler>;
export type ResourceRequirements = Plain<V1ResourceRequirements>;
export type Toleration = Plain<V1Toleration>;
export type Volume = Plain<V1Volume>;
export type Affinity = Plain<V1Affinity>;
export type NodeSelector = Plain<V1NodeSelector>;

/** Init containers that never stop (`restartPolicy: Always`) run beside the others. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

/** Init containers, containers and ephemeral containers, in the order in which they start. */
export function allContainers(spec: PodSpec): (Container | EphemeralContainer)[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
}

import { quantityValue } from '../../apimachinery/quantity.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { qosClassOf } from '../pod-qos.ts';
import { isCritical, isSidecar, mainContainers, type Container } from '../pod-spec.ts';

const NEVER_FIRST = -997;

/**
 * How soon the kernel ends a container's processes when the machine runs out of memory, from -1000 (never) to 1000
 * (first): the less of the machine's memory it has asked for, the sooner.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#node-out-of-memory-behavior
 *
 * A machine that cannot make a process less likely to be ended than the kubelet's gives 0 instead of a negative score.
 */
export function oomScoreAdj(
  pod: Pod,
  container: Container,
  machine: { memory: number; lackingCapabilities: readonly string[] },
): number {
  const score = wantedScore(pod, container, machine.memory);
  return machine.lackingCapabilities.includes('SYS_RESOURCE') ? Math.max(0, score) : score;
}

function wantedScore(pod: Pod, container: Container, memory: number): number {
  const qos = qosClassOf(pod);
  if (isCritical(pod) || qos === 'Guaranteed') return NEVER_FIRST;
  if (qos === 'BestEffort' || memory <= 0) return 1000;
  const request = isSidecar(container)
    ? Math.max(requestOf(container), ...mainContainers(pod).map(requestOf))
    : requestOf(container);
  // Always after what is guaranteed, and before what has asked for nothing.
  return Math.min(999, Math.max(3, 1000 - Math.floor((1000 * request) / memory)));
}

function requestOf({ resources }: Container): number {
  return quantityValue(resources?.requests?.['memory'] ?? resources?.limits?.['memory']);
}

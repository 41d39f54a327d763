import type { Pod } from '../../api/core-v1/pod.ts';
import { tolerated } from '../../api/core-v1/tolerations.ts';
import { qosClassOf } from '../pod-qos.ts';
import { isCritical, specOf } from '../pod-spec.ts';
import type { Refusal } from './refusal.ts';

const memoryPressure = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' };

/**
 * Whether a node that is short of something takes a pod. One that is short of memory only still takes pods that say what
 * they need, and those that tolerate it.
 */
export function pressureRefusal(pod: Pod, pressures: readonly string[]): Refusal | undefined {
  if (pressures.length === 0 || isCritical(pod)) return undefined;
  if (pressures.length === 1 && pressures[0] === 'MemoryPressure') {
    if (qosClassOf(pod) !== 'BestEffort' || tolerated(specOf(pod).tolerations, memoryPressure)) return undefined;
  }
  return { reason: 'Evicted', message: `The node had condition: [${pressures.join(' ')}]. ` };
}

import type { Pod } from '../api/core-v1/pod.ts';
import type { ClusterEvent } from './cluster-event.ts';
import { sameLabels, sameSpec } from './pod-info.ts';
import { lessIn, podRequests, sameAllocation } from './resources.ts';

/** What of the change of a pod that has a node can matter to one that waits. */
export function assignedPodChanges(pod: Pod, old: Pod): ClusterEvent[] {
  const events: ClusterEvent[] = [];
  if (!sameLabels(pod, old)) events.push({ name: 'AssignedPodUpdatePodLabel', object: pod, old });
  const resized = !sameSpec(pod, old) || !sameAllocation(pod, old);
  if (resized && lessIn(podRequests(pod), podRequests(old))) {
    events.push({ name: 'AssignedPodUpdatePodScaleDown', object: pod, old });
  }
  return events;
}

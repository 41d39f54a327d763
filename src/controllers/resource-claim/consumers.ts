import type { Pod } from '../../api/core-v1/pod.ts';
import { isPodTerminal } from '../pod-state.ts';

/** Keeps a claim that has devices until nobody uses it any more. */
export const FINALIZER = 'resource.kubernetes.io/delete-protection';

/** Whether the pod uses no devices, now and ever: it has ended, or is deleted before it was given a node. */
export function isDone(pod: Pod): boolean {
  return isPodTerminal(pod) || (pod.metadata.deletionTimestamp !== undefined && !pod.spec?.nodeName);
}

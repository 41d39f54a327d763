import type { Job } from '../../api/batch-v1/job.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { parseTime, timeOrZero } from '../../apimachinery/time.ts';
import { isPodTerminal } from '../pod-state.ts';
import { indexName, trackingFinalizer } from './names.ts';

/** Whether the pod's end still has to be counted. */
export function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(trackingFinalizer) ?? false;
}

/** Whether the pod is on its way out but still runs, or never ran. */
export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined && !isPodTerminal(pod);
}

/** Whether a pod that terminates is replaced and counted only when it has failed (KEP-3939). */
export function replacesFailedOnly({ spec }: Job): boolean {
  return spec?.podReplacementPolicy === 'Failed';
}

/** Whether the pod counts as failed. One that is deleted may never reach that phase, so it counts unless the job waits. */
export function isPodFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true;
  return isTerminating(pod) && !replacesFailedOnly(job);
}

export function isIndexed({ spec }: Job): boolean {
  return spec?.completionMode === 'Indexed';
}

/** The pod's completion index, if it has a valid one below the number of completions. */
export function indexOf(pod: Pod, job: Job): number | undefined {
  const text = pod.metadata.annotations?.[indexName] ?? '';
  const index = /^\d{1,10}$/.test(text) ? Number(text) : Infinity;
  return index < (job.spec?.completions ?? 0) ? index : undefined;
}

/** A non-negative count that an annotation holds; 0 without one. */
export function countIn(pod: Pod, annotation: string): number {
  const text = pod.metadata.annotations?.[annotation] ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

/** When the pod ended, in milliseconds: by its containers, else its Ready condition, its deletion, or its creation. */
export function finishTime(pod: Pod): number {
  return byContainers(pod) ?? byReadyCondition(pod) ?? byDeletion(pod) ?? timeOrZero(pod.metadata.creationTimestamp);
}

function byContainers({ status }: Pod): number | undefined {
  const ends = (status?.containerStatuses ?? []).map((one) => parseTime(one.state?.terminated?.finishedAt));
  if (ends.length === 0 || ends.includes(undefined)) return undefined;
  return Math.max(...(ends as number[]));
}

function byReadyCondition({ status }: Pod): number | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'False' ? parseTime(ready.lastTransitionTime) : undefined;
}

function byDeletion({ metadata }: Pod): number | undefined {
  const end = parseTime(metadata.deletionTimestamp);
  return end === undefined ? undefined : end - (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
}

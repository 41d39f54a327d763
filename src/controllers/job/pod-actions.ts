import type { Job } from '../../api/batch-v1/job.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import type { Client } from '../../client/client.ts';
import type { ReconcileContext } from '../../client/controller.ts';
import { isNamespaceEnding } from '../../client/namespace-ending.ts';
import { createPod, deletePod, type PodControl } from '../pod-control.ts';
import { slowStart } from '../slow-start.ts';
import type { JobMemory } from './memory.ts';
import type { Action, CreationReason } from './metrics.ts';
import { trackingFinalizer } from './names.ts';
import type { NewPod } from './plan-pods.ts';
import { podOf } from './pod-template.ts';

/** What was done to a job's pods. */
export interface Acted {
  readonly created: number;
  readonly removed: readonly Pod[];
  /** The first thing that went wrong. */
  readonly error?: unknown;
}

export const nothingDone: Acted = { created: 0, removed: [] };

/** A job with where its reconciler finds and remembers things. */
export interface Round extends ReconcileContext {
  readonly key: string;
  readonly job: Job;
  readonly memory: JobMemory;
  /** Whether the pods of this round include all that we made, and none that we removed. */
  readonly caughtUp: boolean;
  /** What was done above all, for the metrics. */
  readonly did: { action: Action };
}

/** Makes pods, in batches that grow while all goes well. */
export async function createPods(round: Round, wanted: readonly NewPod[], reason: CreationReason): Promise<Acted> {
  const control = controlOf(round);
  const { done, error, skipped } = await slowStart(wanted.length, (i) =>
    createPod(control, podOf(round.job, wanted[i]!)),
  );
  if (done.length > 0) round.did.action = 'pods_created';
  round.memory.metrics?.created(reason, { succeeded: done.length, failed: wanted.length - done.length - skipped });
  return { created: done.length, removed: [], ...(error && !isNamespaceEnding(error) ? { error } : {}) };
}

/** Removes pods. `uncounted` ones lose their finalizer before: their end is nobody's failure. */
export async function removePods(round: Round, pods: readonly Pod[], uncounted: boolean): Promise<Acted> {
  const control = controlOf(round);
  const results = await Promise.allSettled(
    pods.map(async (pod) => {
      if (uncounted) await untrackOne(round, pod);
      await deletePod(control, pod);
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  const removed = pods.filter((_, i) => results[i]!.status === 'fulfilled');
  if (removed.length > 0) round.did.action = 'pods_deleted';
  return { created: 0, removed, ...(failed && { error: failed.reason }) };
}

function controlOf({ key, job, client, events, memory }: Round): PodControl {
  return { key, owner: job, client, events, expectations: memory.expectations };
}

/** Takes the finalizer from pods that are counted, or need not be. Returns the first error. */
export async function untrackAll(round: Round, pods: readonly Pod[]): Promise<unknown> {
  if (pods.length > 0 && round.did.action === 'reconciling') round.did.action = 'tracking';
  const results = await Promise.allSettled(pods.map((pod) => untrackOne(round, pod)));
  return results.find((result) => result.status === 'rejected')?.reason;
}

async function untrackOne({ client, key, job, memory }: Round, pod: Pod): Promise<void> {
  await untrack(client, pod);
  memory.untracked(key, job, pod);
}

/** Takes the finalizer from a pod; a no-op when it is gone, or has none. */
export async function untrack(client: Client, { metadata }: Pod): Promise<void> {
  if (!metadata.finalizers?.includes(trackingFinalizer)) return;
  const change = { uid: metadata.uid, '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] };
  try {
    await client.patch(podKind, metadata, 'strategic', { metadata: change });
  } catch (error) {
    if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
  }
}

import type { Job } from '../../api/batch-v1/job.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import { errorMessage } from '../../base/log.ts';
import type { Client } from '../../client/client.ts';
import type { ReconcileContext } from '../../client/controller.ts';
import { isNamespaceEnding } from '../../client/namespace-ending.ts';
import { slowStart } from '../slow-start.ts';
import type { JobMemory } from './memory.ts';
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
}

/** Makes pods, in batches that grow while all goes well. */
export async function createPods(round: Round, wanted: readonly NewPod[]): Promise<Acted> {
  const { client, events, job, key, memory } = round;
  const { done, error } = await slowStart(wanted.length, async (i) => {
    try {
      const created = await client.create(podKind, podOf(job, wanted[i]!));
      memory.expectations.created(key, created);
      events.event(job, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
    } catch (error) {
      if (!isNamespaceEnding(error)) {
        events.event(job, 'Warning', 'FailedCreate', `Error creating: ${errorMessage(error)}`);
      }
      throw error;
    }
  });
  return { created: done.length, removed: [], ...(error && !isNamespaceEnding(error) ? { error } : {}) };
}

/** Removes pods. `uncounted` ones lose their finalizer before: their end is nobody's failure. */
export async function removePods(round: Round, pods: readonly Pod[], uncounted: boolean): Promise<Acted> {
  const removed: Pod[] = [];
  const errors: unknown[] = [];
  const remove = async (pod: Pod) => {
    try {
      if (uncounted) await untrackOne(round, pod);
      await removePod(round, pod);
      removed.push(pod);
    } catch (error) {
      round.events.event(round.job, 'Warning', 'FailedDelete', `Error deleting: ${errorMessage(error)}`);
      errors.push(error);
    }
  };
  await Promise.all(pods.map(remove));
  return { created: 0, removed, ...(errors.length > 0 && { error: errors[0] }) };
}

async function removePod({ client, events, job, key, memory }: Round, { metadata }: Pod): Promise<void> {
  try {
    await client.delete(podKind, metadata, { preconditions: { uid: metadata.uid } });
    events.event(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${metadata.name}`);
  } catch (error) {
    if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
  }
  memory.expectations.deleted(key, { metadata } as Pod);
}

/** Takes the finalizer from pods that are counted, or need not be. Returns the first error. */
export async function untrackAll(round: Round, pods: readonly Pod[]): Promise<unknown> {
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

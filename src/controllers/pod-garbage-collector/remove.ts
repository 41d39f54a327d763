import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import type { Client } from '../../client/client.ts';
import { isPodTerminal } from '../pod-state.ts';

/** The phase that a pod has to get before it goes: one that did not end has failed. Undefined: it has ended. */
export function lastPhase(pod: Pod): 'Failed' | undefined {
  return isPodTerminal(pod) ? undefined : 'Failed';
}

/**
 * Deletes a pod without waiting for its kubelet. Whoever counts how pods ended sees first that it failed.
 * @param mark what to write to the pod before; default: its phase alone
 * @throws ApiError Conflict when the pod has changed: decide again
 */
export async function removePod(client: Client, pod: Pod, mark = markFailed): Promise<void> {
  const { uid } = pod.metadata;
  try {
    await mark(client, pod);
    await client.delete(podKind, pod.metadata, { gracePeriodSeconds: 0, preconditions: { uid } });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

async function markFailed(client: Client, pod: Pod): Promise<void> {
  const phase = lastPhase(pod);
  if (phase) await client.updateStatus(podKind, { ...pod, status: { ...pod.status, phase } });
}

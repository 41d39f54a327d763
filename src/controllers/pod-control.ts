import { pod as podKind, type Pod } from '../api/core-v1/pod.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import type { KubeObject, New } from '../apimachinery/object.ts';
import { errorMessage } from '../base/log.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/events.ts';
import { isNamespaceEnding } from '../client/namespace-ending.ts';
import type { Expectations } from './expectations.ts';

/** For whom pods are made and removed: events are about the owner, and what the copies do not show yet is noted under its key. */
export interface PodControl {
  readonly owner: KubeObject;
  readonly key: string;
  readonly client: Client;
  readonly events: EventRecorder;
  readonly expectations: Expectations;
}

/** Makes a pod. @throws ApiError, of which an event tells unless it is that the namespace is being deleted */
export async function createPod(control: PodControl, wanted: New<Pod>): Promise<void> {
  const { owner, key, client, events, expectations } = control;
  try {
    const created = await client.create(podKind, wanted);
    expectations.created(key, created);
    events.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
  } catch (error) {
    if (!isNamespaceEnding(error)) {
      events.event(owner, 'Warning', 'FailedCreate', `Error creating: ${errorMessage(error)}`);
    }
    throw error;
  }
}

/** Removes exactly this pod; one that is gone, or was replaced, is all right. @throws ApiError, of which an event tells */
export async function deletePod(control: PodControl, pod: Pod): Promise<void> {
  const { owner, key, client, events, expectations } = control;
  const { name, uid } = pod.metadata;
  try {
    await client.delete(podKind, pod.metadata, { preconditions: { uid } });
    events.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  } catch (error) {
    if (!isApiError(error, 'NotFound', 'Conflict')) {
      events.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${errorMessage(error)}`);
      throw error;
    }
  }
  expectations.deleted(key, pod);
}

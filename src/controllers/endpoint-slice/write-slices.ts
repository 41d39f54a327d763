import { endpointSlice as sliceKind, type EndpointSlice } from '../../api/discovery-v1/endpoint-slice.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { errorMessage } from '../../base/log.ts';
import type { ReconcileContext } from '../../client/controller.ts';
import { isNamespaceEnding } from '../../client/namespace-ending.ts';
import type { Expectations } from '../expectations.ts';
import type { WrittenVersions } from '../written-versions.ts';
import type { SlicePlan } from './plan.ts';

/** Whose slices are written. */
export interface SlicesOf {
  readonly key: string;
  /** In words, for the event about a failure: `Service default/web`. */
  readonly of: string;
  /** What that event is about. */
  readonly object?: KubeObject;
  readonly expectations: Expectations;
  /** The versions of the slices that were written here, by uid. */
  readonly written: WrittenVersions;
}

/** Carries out a plan. What fails is told in an event, unless it is about news that are on their way. */
export async function writeSlices(
  plan: SlicePlan,
  { key, of, object, expectations, written }: SlicesOf,
  { client, events }: ReconcileContext,
): Promise<void> {
  try {
    for (const slice of plan.create) expectations.created(key, await client.create(sliceKind, slice));
    for (const slice of plan.update) written.written(slice.metadata.uid, await client.update(sliceKind, slice));
    for (const slice of plan.remove) {
      await remove(client, slice);
      expectations.deleted(key, slice);
      written.forget(slice.metadata.uid);
    }
  } catch (error) {
    if (isNamespaceEnding(error)) return;
    if (object && !isApiError(error, 'Conflict', 'NotFound')) {
      const message = `Error updating Endpoint Slices for ${of}: ${errorMessage(error)}`;
      events.event(object, 'Warning', 'FailedToUpdateEndpointSlices', message);
    }
    throw error;
  }
}

async function remove(client: ReconcileContext['client'], slice: EndpointSlice): Promise<void> {
  try {
    await client.delete(sliceKind, slice.metadata, { preconditions: { uid: slice.metadata.uid } });
  } catch (error) {
    if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
  }
}

import { endpoints as endpointsKind, type Endpoints } from '../../api/core-v1/endpoints.ts';
import { pod as podKind } from '../../api/core-v1/pod.ts';
import { service as serviceKind, type Service } from '../../api/core-v1/service.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import { keyOf, parseKey, type New } from '../../apimachinery/object.ts';
import { errorMessage } from '../../base/log.ts';
import { controller, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { isNamespaceEnding } from '../../client/namespace-ending.ts';
import { triggerTime } from '../endpoint-slice/plan.ts';
import { desiredEndpoints, managedBy, managedByLabel } from './desired.ts';
import { semanticEqual } from '../semantic-equal.ts';
import { podIndexes, podsOf, selectsPods, servicesOf } from '../service-pods.ts';
import { TriggerTimes } from '../trigger-times.ts';
import { unlessGone } from '../unless-gone.ts';

/** Keeps the Endpoints of each Service with a selector, the older form of its EndpointSlices. */
export const endpointsController: Controller = {
  name: 'endpoints-controller',
  start(dependencies) {
    const triggers = new TriggerTimes();
    return controller<Service>({
      name: 'endpoints-controller',
      for: serviceKind,
      watches: [
        { kind: podKind, indexes: podIndexes, keys: servicesOf },
        { kind: endpointsKind, keys: managedKeys },
      ],
      workers: 5,
      reconcile: (key, context) => reconcile(key, context, triggers),
    }).start(dependencies);
  },
};

/** Endpoints that we made wake their service, also when that is gone and they were left behind. */
function managedKeys(object: Endpoints): string[] {
  return object.metadata.labels?.[managedByLabel] === managedBy ? [keyOf(object)] : [];
}

async function reconcile(
  key: string,
  { reader, client, events }: ReconcileContext,
  triggers: TriggerTimes,
): Promise<void> {
  const service = reader.get(serviceKind, key);
  const current = reader.get(endpointsKind, key);
  if (!service) {
    triggers.forget(key);
    if (current) await unlessGone(client.delete(endpointsKind, parseKey(key)));
    return;
  }
  if (!selectsPods(service) || service.metadata.deletionTimestamp) return;
  const pods = podsOf(reader, service);
  const trigger = triggers.newest(key, service, pods);
  const wanted = desiredEndpoints(service, pods, current);
  if (current && sameEndpoints(current, wanted)) return;
  wanted.metadata.annotations = withTrigger(wanted.metadata.annotations, trigger);
  try {
    if (current) await client.update(endpointsKind, { ...wanted, apiVersion: 'v1', kind: 'Endpoints' } as Endpoints);
    else await client.create(endpointsKind, wanted);
  } catch (error) {
    if (isNamespaceEnding(error) || isApiError(error, 'AlreadyExists', 'NotFound')) return;
    if (!isApiError(error, 'Conflict')) tellFailure(key, current ?? service, current !== undefined, error, events);
    // A PUT of Endpoints that are gone would create them, and fails for their version: news of that is on its way.
    if (isApiError(error, 'Conflict') || !current || (await client.find(endpointsKind, current.metadata))) throw error;
  }
}

/** The event is about the Endpoints, also when they could not be made. */
function tellFailure(
  key: string,
  about: Endpoints | Service,
  update: boolean,
  error: unknown,
  events: ReconcileContext['events'],
): void {
  const { namespace, name, resourceVersion } = about.metadata;
  const uid = update ? about.metadata.uid : '';
  const object = { apiVersion: 'v1', kind: 'Endpoints', metadata: { namespace, name, uid, resourceVersion } };
  const what = update ? `update endpoint ${key}` : `create endpoint for service ${key}`;
  const reason = update ? 'FailedToUpdateEndpoint' : 'FailedToCreateEndpoint';
  events.event(object as Endpoints, 'Warning', reason, `Failed to ${what}: ${errorMessage(error)}`);
}

function withTrigger(annotations: Record<string, string> | undefined, trigger: string | undefined) {
  const { [triggerTime]: _, ...others } = annotations ?? {};
  return { ...others, ...(trigger && { [triggerTime]: trigger }) };
}

function sameEndpoints(current: Endpoints, wanted: New<Endpoints>): boolean {
  return (
    semanticEqual(current.subsets, wanted.subsets) &&
    semanticEqual(current.metadata.labels, wanted.metadata.labels) &&
    semanticEqual(current.metadata.annotations, wanted.metadata.annotations)
  );
}

import { node as nodeKind, type Node } from '../../api/core-v1/node.ts';
import { pod as podKind } from '../../api/core-v1/pod.ts';
import { service as serviceKind, type Service } from '../../api/core-v1/service.ts';
import { endpointSlice as sliceKind, type EndpointSlice } from '../../api/discovery-v1/endpoint-slice.ts';
import { keyOf } from '../../apimachinery/object.ts';
import { controller, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { Expectations } from '../expectations.ts';
import { podsOf, selectsPods, servicesOf } from '../service-pods.ts';
import { desiredGroups } from './desired.ts';
import { managedBy, managedByLabel, planSlices, serviceNameLabel } from './plan.ts';
import { writeSlices } from './write-slices.ts';

const serviceIndex = 'managed-slices-of-service';

/** Keeps the EndpointSlices of each Service with a selector. */
export const endpointSliceController: Controller = {
  name: 'endpointslice-controller',
  start(dependencies) {
    const expectations = new Expectations(dependencies.clock);
    const sliceKeys = (slice: EndpointSlice) => {
      const keys = serviceKeys(slice);
      for (const key of keys) expectations.seen(key, slice.metadata.uid);
      return keys;
    };
    return controller<Service>({
      name: 'endpointslice-controller',
      for: serviceKind,
      watches: [
        { kind: podKind, keys: servicesOf },
        { kind: sliceKind, indexes: { [serviceIndex]: serviceKeys }, keys: sliceKeys },
      ],
      reads: [nodeKind],
      workers: 5,
      reconcile: (key, context) => reconcile(key, context, expectations),
    }).start(dependencies);
  },
};

/** The service of a slice that we manage. */
function serviceKeys(slice: EndpointSlice): string[] {
  const { labels = {}, namespace } = slice.metadata;
  const name = labels[serviceNameLabel];
  return name && labels[managedByLabel] === managedBy ? [keyOf({ namespace, name })] : [];
}

async function reconcile(key: string, context: ReconcileContext, expectations: Expectations): Promise<void> {
  const { reader } = context;
  const service = reader.get(serviceKind, key);
  if (!service) {
    // The slices have the service as their owner: garbage collection removes them.
    return expectations.forget(key);
  }
  if (!selectsPods(service) || service.metadata.deletionTimestamp) return;
  if (expectations.pending(key, (slice) => reader.get(sliceKind, keyOf(slice))) > 0) return;
  const nodeOf = (name: string): Node | undefined => reader.get(nodeKind, name);
  const groups = desiredGroups(service, podsOf(reader, service), nodeOf);
  const existing = reader.byIndex(sliceKind, serviceIndex, key).filter((slice) => !slice.metadata.deletionTimestamp);
  const about = { key, of: `Service ${key}`, object: service, expectations };
  await writeSlices(planSlices(service, groups, existing), about, context);
}

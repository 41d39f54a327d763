import { node as nodeKind, type Node } from '../../api/core-v1/node.ts';
import { pod as podKind } from '../../api/core-v1/pod.ts';
import { service as serviceKind, type Service } from '../../api/core-v1/service.ts';
import { endpointSlice as sliceKind, type EndpointSlice } from '../../api/discovery-v1/endpoint-slice.ts';
import { keyOf } from '../../apimachinery/object.ts';
import { controller, type ClusterReader, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { Expectations } from '../expectations.ts';
import { podIndexes, podsOf, selectsPods, servicesOf } from '../service-pods.ts';
import { TriggerTimes } from '../trigger-times.ts';
import { OwnedVersions } from '../written-versions.ts';
import { desiredGroups } from './desired.ts';
import { hasTopologyMode, withHints, type Hinted } from './hints.ts';
import { managedBy, managedByLabel, MAX_ENDPOINTS, planSlices, serviceNameLabel } from './plan.ts';
import { writeSlices } from './write-slices.ts';
import { changesShares, zoneSharesOf } from './zones.ts';

const serviceIndex = 'managed-slices-of-service';

/** Keeps the EndpointSlices of each Service with a selector. */
export const endpointSliceController: Controller = {
  name: 'endpointslice-controller',
  start(dependencies) {
    const expectations = new Expectations(dependencies.clock);
    const memory: Memory = {
      expectations,
      versions: new OwnedVersions(),
      triggers: new TriggerTimes(),
      told: new Map(),
    };
    const sliceKeys = (slice: EndpointSlice) => {
      const keys = serviceKeys(slice);
      for (const key of keys) expectations.seen(key, slice.metadata.uid);
      return keys;
    };
    return controller<Service>({
      name: 'endpointslice-controller',
      for: serviceKind,
      watches: [
        { kind: podKind, indexes: podIndexes, keys: servicesOf },
        { kind: sliceKind, indexes: { [serviceIndex]: serviceKeys }, keys: sliceKeys },
        { kind: nodeKind, concerns: changesShares, keys: (_: Node, reader) => servicesByZone(reader) },
      ],
      workers: 5,
      reconcile: (key, context) => reconcile(key, context, memory),
    }).start(dependencies);
  },
};

/** The service of a slice that we manage. */
function serviceKeys(slice: EndpointSlice): string[] {
  const { labels = {}, namespace } = slice.metadata;
  const name = labels[serviceNameLabel];
  return name && labels[managedByLabel] === managedBy ? [keyOf({ namespace, name })] : [];
}

/** The services for which the zones of nodes matter. */
function servicesByZone(reader: ClusterReader): string[] {
  return reader
    .list(serviceKind)
    .filter((service) => hasTopologyMode(service) || service.spec?.trafficDistribution)
    .map(keyOf);
}

interface Memory {
  readonly expectations: Expectations;
  readonly versions: OwnedVersions;
  readonly triggers: TriggerTimes;
  /** What was last said about the hints of a service. */
  readonly told: Map<string, string>;
}

async function reconcile(key: string, context: ReconcileContext, memory: Memory): Promise<void> {
  const { reader } = context;
  const { expectations, triggers } = memory;
  const service = reader.get(serviceKind, key);
  // The slices of a service that is gone have it as their owner: garbage collection removes them.
  if (!service) return forget(key, memory);
  if (!selectsPods(service) || service.metadata.deletionTimestamp) return;
  if (expectations.pending(key, (slice) => reader.get(sliceKind, keyOf(slice))) > 0) return;
  const nodeOf = (name: string): Node | undefined => reader.get(nodeKind, name);
  const pods = podsOf(reader, service);
  const existing = reader.byIndex(sliceKind, serviceIndex, key).filter((slice) => !slice.metadata.deletionTimestamp);
  const written = memory.versions.of(key);
  if (existing.some((slice) => written.isStale(slice.metadata.uid, slice))) return;
  const plain = desiredGroups(service, pods, nodeOf);
  const { groups, notes } = withHints(service, plain, existing, () => zoneSharesOf(reader.list(nodeKind)));
  tell(key, service, notes, memory, context);
  const plan = planSlices(service, groups, existing, MAX_ENDPOINTS, triggers.newest(key, service, pods));
  await writeSlices(plan, { key, of: `Service ${key}`, object: service, expectations, written }, context);
}

function forget(key: string, { expectations, versions, triggers, told }: Memory): void {
  versions.forget(key);
  expectations.forget(key);
  triggers.forget(key);
  told.delete(key);
}

/** Records what is to say about hints, unless it was said last. */
function tell(
  key: string,
  service: Service,
  notes: Hinted['notes'],
  { told }: Memory,
  { events }: ReconcileContext,
): void {
  const text = JSON.stringify(notes);
  if (notes.length === 0 || told.get(key) === text) return;
  told.set(key, text);
  for (const { type, reason, message } of notes) events.event(service, type, reason, message);
}

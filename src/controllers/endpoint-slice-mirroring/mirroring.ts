import { endpoints as endpointsKind, type Endpoints } from '../../api/core-v1/endpoints.ts';
import { service as serviceKind, type Service } from '../../api/core-v1/service.ts';
import { endpointSlice as sliceKind, type EndpointSlice } from '../../api/discovery-v1/endpoint-slice.ts';
import { keyOf } from '../../apimachinery/object.ts';
import { controller, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { managedByLabel, serviceNameLabel, fitSlices } from '../endpoint-slice/plan.ts';
import { writeSlices } from '../endpoint-slice/write-slices.ts';
import { Expectations } from '../expectations.ts';
import { OwnedVersions } from '../written-versions.ts';
import { isMirrored, MAX_ADDRESSES, mirror, mirroredBy, ownerOf, type Mirrored } from './mirrored.ts';

const mirrorIndex = 'mirrored-slices-of-endpoints';

/** Keeps EndpointSlices for Endpoints that somebody writes for a Service without a selector. */
export const endpointSliceMirroringController: Controller = {
  name: 'endpointslice-mirroring-controller',
  start(dependencies) {
    const expectations = new Expectations(dependencies.clock);
    const memory: Memory = { expectations, versions: new OwnedVersions() };
    const sliceKeys = (slice: EndpointSlice) => {
      const keys = mirroredKeys(slice);
      for (const key of keys) expectations.seen(key, slice.metadata.uid);
      return keys;
    };
    return controller<Endpoints>({
      name: 'endpointslice-mirroring-controller',
      for: endpointsKind,
      watches: [
        { kind: serviceKind, keys: (service: Service) => [keyOf(service)] },
        { kind: sliceKind, indexes: { [mirrorIndex]: mirroredKeys }, keys: sliceKeys },
      ],
      workers: 5,
      reconcile: (key, context) => reconcile(key, context, memory),
    }).start(dependencies);
  },
};

/** The Endpoints of a slice that mirrors some. */
function mirroredKeys({ metadata }: EndpointSlice): string[] {
  const name = metadata.labels?.[serviceNameLabel];
  const ours = metadata.labels?.[managedByLabel] === mirroredBy;
  return name && ours ? [keyOf({ namespace: metadata.namespace, name })] : [];
}

/** What was written here and the local copy may not show yet. */
interface Memory {
  readonly expectations: Expectations;
  readonly versions: OwnedVersions;
}

function forget(key: string, { expectations, versions }: Memory): void {
  expectations.forget(key);
  versions.forget(key);
}

async function reconcile(key: string, context: ReconcileContext, memory: Memory): Promise<void> {
  const { reader } = context;
  const { expectations } = memory;
  if (expectations.pending(key, (slice) => reader.get(sliceKind, keyOf(slice))) > 0) return;
  const existing = reader.byIndex(sliceKind, mirrorIndex, key).filter((slice) => !slice.metadata.deletionTimestamp);
  const endpoints = reader.get(endpointsKind, key);
  const written = memory.versions.of(key);
  if (existing.some((slice) => written.isStale(slice.metadata.uid, slice))) return;
  const about = { key, of: `Endpoints ${key}`, expectations, written };
  if (!endpoints || !isMirrored(endpoints, reader.get(serviceKind, key))) {
    if (existing.length > 0) await writeSlices({ create: [], update: [], remove: existing }, about, context);
    if (!endpoints) forget(key, memory);
    return;
  }
  const mirrored = mirror(endpoints);
  tellSkipped(endpoints, mirrored, context);
  const plan = fitSlices(ownerOf(endpoints), mirrored.groups, existing, MAX_ADDRESSES);
  await writeSlices(plan, { ...about, object: endpoints }, context);
}

function tellSkipped(endpoints: Endpoints, { skipped, invalid }: Mirrored, { events }: ReconcileContext): void {
  if (invalid > 0) {
    const message = `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`;
    events.event(endpoints, 'Warning', 'InvalidIPAddress', message);
  }
  if (skipped > 0) {
    const limit = `A max of ${MAX_ADDRESSES} addresses can be mirrored to EndpointSlices per Endpoints subset`;
    events.event(endpoints, 'Warning', 'TooManyAddressesToMirror', `${limit}. ${skipped} addresses were skipped`);
  }
}

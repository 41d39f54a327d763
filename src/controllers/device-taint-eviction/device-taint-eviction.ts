import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { resourceClaim, type ResourceClaim } from '../../api/resource-v1/resource-claim.ts';
import { resourceSlice, type ResourceSlice } from '../../api/resource-v1/resource-slice.ts';
import { deviceTaintRule } from '../../api/resource-v1beta2/device-taint-rule.ts';
import { taintsOfDevice } from '../../api/resource-v1beta2/taints-of-device.ts';
import { keyOf } from '../../apimachinery/object.ts';
import { controller, type ClusterReader, type ReconcileContext } from '../../client/controller.ts';
import { markDisrupted } from '../disruption/mark-disrupted.ts';
import { isPodTerminal } from '../pod-state.ts';
import { unlessGone } from '../unless-gone.ts';
import { leavesAt, type AllocatedDevice } from './plan.ts';

const claimsByPool = 'claims-by-device-pool';
const slicesByPool = 'slices-by-device-pool';

/** Deletes pods whose devices have a NoExecute taint that their claims do not tolerate, or no longer. */
export const deviceTaintEvictionController = controller<Pod>({
  name: 'device-taint-eviction-controller',
  for: podKind,
  watches: [
    { kind: resourceClaim, indexes: { [claimsByPool]: poolsOf }, keys: usersOf },
    {
      kind: resourceSlice,
      indexes: { [slicesByPool]: (slice) => [poolOf(slice)] },
      keys: (slice, reader) => reader.byIndex(resourceClaim, claimsByPool, poolOf(slice)).flatMap(usersOf),
    },
    { kind: deviceTaintRule, keys: (_, reader) => reader.list(resourceClaim).flatMap(usersOf) },
  ],
  workers: 4,
  reconcile,
});

function resultsOf({ status }: ResourceClaim): readonly AllocatedDevice[] {
  return status?.allocation?.devices?.results ?? [];
}

function poolsOf(claim: ResourceClaim): string[] {
  return [...new Set(resultsOf(claim).map(({ driver, pool }) => `${driver}/${pool}`))];
}

function poolOf({ spec }: ResourceSlice): string {
  return `${spec.driver}/${spec.pool.name}`;
}

/** The keys of the pods that use the claim. */
function usersOf({ metadata: { namespace }, status }: ResourceClaim): string[] {
  const pods = (status?.reservedFor ?? []).filter(({ apiGroup, resource }) => !apiGroup && resource === 'pods');
  return pods.map(({ name }) => keyOf({ namespace, name }));
}

async function reconcile(key: string, context: ReconcileContext): Promise<void | { after: number }> {
  const { reader, clock } = context;
  const pod = reader.get(podKind, key);
  if (!pod?.spec?.nodeName || pod.metadata.deletionTimestamp || isPodTerminal(pod)) return undefined;
  const dates = devicesOf(pod, reader)
    .map((device) => leavesAt(device, taintsOn(device, reader)))
    .filter((at) => at !== undefined);
  if (dates.length === 0) return undefined;
  const wait = Math.min(...dates) - clock.now();
  return wait > 0 ? { after: wait } : evict(pod, context);
}

/** The devices of all claims that the pod uses. */
function devicesOf({ metadata, spec, status }: Pod, reader: ClusterReader): AllocatedDevice[] {
  const written = [...(spec?.resourceClaims ?? []), ...(status?.resourceClaimStatuses ?? [])];
  const names = new Set(written.flatMap(({ resourceClaimName }) => resourceClaimName ?? []));
  const claims = [...names].map((name) => reader.get(resourceClaim, { namespace: metadata.namespace!, name }));
  const used = claims.filter((claim) => claim?.status?.reservedFor?.some(({ uid }) => uid === metadata.uid));
  return used.flatMap((claim) => resultsOf(claim!));
}

function taintsOn({ driver, pool, device }: AllocatedDevice, reader: ClusterReader) {
  const slices = reader.byIndex(resourceSlice, slicesByPool, `${driver}/${pool}`);
  const newest = Math.max(...slices.map(({ spec }) => spec.pool.generation));
  const current = slices.filter(({ spec }) => spec.pool.generation === newest);
  const own = current.flatMap(({ spec }) => spec.devices ?? []).find(({ name }) => name === device)?.taints ?? [];
  return taintsOfDevice({ driver, pool, device }, own, reader.list(deviceTaintRule));
}

async function evict(pod: Pod, { client, clock, events }: ReconcileContext): Promise<undefined> {
  const message = 'Device Taint manager: deleting due to NoExecute taint';
  await unlessGone(markDisrupted(client, pod, 'DeletionByDeviceTaintManager', message, clock.now()));
  events.event(pod, 'Normal', 'DeviceTaintManagerEviction', `Marking for deletion Pod ${keyOf(pod)}`);
  await unlessGone(client.delete(podKind, pod.metadata, { preconditions: { uid: pod.metadata.uid } }));
}

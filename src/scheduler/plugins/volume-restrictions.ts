import { claimsOfPod } from '../../api/core-v1/pod-claims.ts';
import type { PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import type { PodSpec, Volume } from '../../api/core-v1/pod-spec.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Plugin, PluginFactory, PluginHandle, PreFilterResult, Rejection } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';
import type { Snapshot } from '../snapshot.ts';
import { StorageView, usesClaim } from '../volumes/storage-view.ts';

interface State {
  /** The names of the pod's claims that only one pod may use. */
  readonly exclusive: ReadonlySet<string>;
  /** How many uses of these other pods make. */
  uses: number;
}

const inUse: Rejection = {
  reasons: ['node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode'],
  unresolvable: false,
};
const attached: Rejection = { reasons: ['node(s) had no available disk'], unresolvable: false };

/** A claim for one pod alone is used by one pod, and a disk of the old kinds by one pod of a node. */
export const volumeRestrictions: PluginFactory = {
  name: 'VolumeRestrictions',
  create: (_, handle) => new VolumeRestrictions(handle),
};

class VolumeRestrictions implements Plugin<State> {
  readonly name = 'VolumeRestrictions';
  readonly wakesOn: Plugin['wakesOn'] = [
    {
      on: ['AssignedPodDelete'],
      helps: ({ pod }, { object }) => {
        const other = object as Pod;
        const shares = claimsOfPod(other).some(({ name }) => usesClaim(pod, { metadata: { ...other.metadata, name } }));
        return shares || sharesDisk(pod.spec, other.spec);
      },
    },
    { on: ['NodeAdd'] },
    {
      on: ['PersistentVolumeClaimAdd', 'PersistentVolumeClaimUpdate'],
      helps: ({ pod }, { object }) => usesClaim(pod, object as PersistentVolumeClaim),
    },
  ];
  readonly #view: StorageView;

  constructor({ informers }: PluginHandle) {
    this.#view = new StorageView(informers);
  }

  preFilter(info: PodInfo, snapshot: Snapshot): PreFilterResult<State> {
    const { pod, spec } = info;
    const exclusive = new Set<string>();
    for (const { name, ephemeral } of claimsOfPod(pod)) {
      if (ephemeral) continue; // made for this pod alone
      const claim = this.#view.claim(pod.metadata.namespace!, name);
      if (!claim) return { rejection: { reasons: [`persistentvolumeclaim "${name}" not found`], unresolvable: true } };
      if (claim.spec?.accessModes?.includes('ReadWriteOncePod')) exclusive.add(name);
    }
    if (exclusive.size === 0 && !(spec.volumes ?? []).some(isOldDisk)) return 'skip';
    const state: State = { exclusive, uses: 0 };
    if (exclusive.size > 0) for (const node of snapshot.nodes) countUses(info, node, state);
    return { state };
  }

  filter({ spec }: PodInfo, node: NodeInfo, { uses }: State): Rejection | undefined {
    if (uses > 0) return inUse;
    if (!(spec.volumes ?? []).some(isOldDisk)) return undefined;
    for (const other of node.pods.values()) if (sharesDisk(spec, other.spec)) return attached;
    return undefined;
  }

  addPod(pod: PodInfo, other: PodInfo, _: NodeInfo, state: State): void {
    state.uses += usesOf(pod, other, state);
  }

  removePod(pod: PodInfo, other: PodInfo, _: NodeInfo, state: State): void {
    state.uses -= usesOf(pod, other, state);
  }

  cloneState(state: State): State {
    return { ...state };
  }
}

function countUses(pod: PodInfo, node: NodeInfo, state: State): void {
  for (const other of node.pods.values()) state.uses += usesOf(pod, other, state);
}

function usesOf({ pod }: PodInfo, other: PodInfo, { exclusive }: State): number {
  if (exclusive.size === 0 || !other.spec.volumes || other.pod.metadata.namespace !== pod.metadata.namespace) return 0;
  return claimsOfPod(other.pod).filter(({ name }) => exclusive.has(name)).length;
}

function isOldDisk({ gcePersistentDisk, awsElasticBlockStore, rbd, iscsi }: Volume): boolean {
  return Boolean(gcePersistentDisk ?? awsElasticBlockStore ?? rbd ?? iscsi);
}

function sharesDisk(a: PodSpec | undefined, b: PodSpec | undefined): boolean {
  const disks = (b?.volumes ?? []).filter(isOldDisk);
  if (disks.length === 0) return false;
  return (a?.volumes ?? []).some((volume) => disks.some((disk) => conflict(volume, disk)));
}

/** Whether two volumes are one disk that not both may use: some kinds can be shared for reading. */
function conflict(a: Volume, b: Volume): boolean {
  const readers = (x: { readOnly?: boolean }, y: { readOnly?: boolean }) => Boolean(x.readOnly && y.readOnly);
  const [gce, ebs, iscsi, rbd] = [a.gcePersistentDisk, a.awsElasticBlockStore, a.iscsi, a.rbd];
  if (gce && b.gcePersistentDisk?.pdName === gce.pdName) return !readers(gce, b.gcePersistentDisk);
  if (ebs && b.awsElasticBlockStore?.volumeID === ebs.volumeID) return true;
  if (iscsi && b.iscsi?.iqn === iscsi.iqn) return !readers(iscsi, b.iscsi);
  if (!rbd || !b.rbd) return false;
  const sameMonitor = rbd.monitors.some((monitor) => b.rbd!.monitors.includes(monitor));
  const sameImage = (rbd.pool ?? 'rbd') === (b.rbd.pool ?? 'rbd') && rbd.image === b.rbd.image;
  return sameMonitor && sameImage && !readers(rbd, b.rbd);
}

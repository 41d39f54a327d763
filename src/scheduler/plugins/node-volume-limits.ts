import { claimsOfPod } from '../../api/core-v1/pod-claims.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { noProvisioner, storageClassOf } from '../../api/core-v1/volume-matching.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Plugin, PluginFactory, PluginHandle, PreFilterResult, Rejection } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';
import { StorageView } from '../volumes/storage-view.ts';

/** The driver of each volume, by what tells the volume from all others. */
type Volumes = ReadonlyMap<string, string>;

const tooMany: Rejection = { reasons: ['node(s) exceed max volume count'], unresolvable: false };

/** A node takes only so many volumes of each CSI driver as its CSINode says. */
export const nodeVolumeLimits: PluginFactory = {
  name: 'NodeVolumeLimits',
  create: (_, handle) => new NodeVolumeLimits(handle),
};

class NodeVolumeLimits implements Plugin<Volumes> {
  readonly name = 'NodeVolumeLimits';
  readonly wakesOn: Plugin['wakesOn'] = [
    { on: ['CSINodeAdd', 'CSINodeUpdate', 'NodeAdd', 'PersistentVolumeClaimAdd', 'CSIDriverUpdate'] },
    { on: ['AssignedPodDelete'], helps: (_, { object }) => claimsOfPod(object as Pod).length > 0 },
  ];
  readonly #view: StorageView;

  constructor({ informers }: PluginHandle) {
    this.#view = new StorageView(informers);
  }

  preFilter({ pod }: PodInfo): PreFilterResult<Volumes> {
    if (claimsOfPod(pod).length === 0) return 'skip';
    const state = this.#volumesOf(pod);
    return state.size === 0 ? 'skip' : { state };
  }

  filter(_: PodInfo, node: NodeInfo, wanted: Volumes): Rejection | undefined {
    const drivers = this.#view.csiNode(node.name)?.spec.drivers ?? [];
    const missing = this.#missing(new Set(wanted.values()), new Set(drivers.map(({ name }) => name)));
    if (missing) return missing;
    const limits = new Map<string, number>();
    for (const { name, allocatable } of drivers) {
      if (allocatable?.count !== undefined) limits.set(name, allocatable.count);
    }
    return limits.size > 0 && this.#exceeds(node, wanted, limits) ? tooMany : undefined;
  }

  #missing(wanted: ReadonlySet<string>, installed: ReadonlySet<string>): Rejection | undefined {
    for (const name of wanted) {
      if (installed.has(name) || !this.#view.driver(name)?.spec.preventPodSchedulingIfMissing) continue;
      return { reasons: [`${name} CSI driver is not installed on the node`], unresolvable: true };
    }
    return undefined;
  }

  #exceeds(node: NodeInfo, wanted: Volumes, limits: ReadonlyMap<string, number>): boolean {
    const there = new Map<string, string>();
    for (const { pod, spec } of node.pods.values()) {
      if (spec.volumes) for (const [id, driver] of this.#volumesOf(pod)) there.set(id, driver);
    }
    const counts = countByDriver(there.values());
    const more = countByDriver([...wanted].filter(([id]) => !there.has(id)).map(([, driver]) => driver));
    return [...more].some(([driver, count]) => (counts.get(driver) ?? 0) + count > (limits.get(driver) ?? Infinity));
  }

  /** The volumes of CSI drivers that the pod uses; one that is still to be made counts as one of its class's driver. */
  #volumesOf(pod: Pod): Volumes {
    const volumes = new Map<string, string>();
    for (const { name } of claimsOfPod(pod)) {
      const claim = this.#view.claim(pod.metadata.namespace!, name);
      if (!claim) continue;
      const { volumeName } = claim.spec ?? {};
      const csi = volumeName ? this.#view.volume(volumeName)?.spec?.csi : undefined;
      if (csi) volumes.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver);
      else if (!volumeName) {
        const provisioner = this.#view.classNamed(storageClassOf(claim))?.provisioner ?? noProvisioner;
        if (provisioner !== noProvisioner) volumes.set(`${provisioner}/claim ${claim.metadata.uid}`, provisioner);
      }
    }
    return volumes;
  }
}

function countByDriver(drivers: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const driver of drivers) counts.set(driver, (counts.get(driver) ?? 0) + 1);
  return counts;
}

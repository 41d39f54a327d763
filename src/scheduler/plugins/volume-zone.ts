import { claimsOfPod } from '../../api/core-v1/pod-claims.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PluginFactory, Rejection } from '../plugin.ts';
import { StorageView } from '../volumes/storage-view.ts';

/** Where a volume is, and where a node is: the present names and the old ones. */
const OTHER_NAME: Readonly<Record<string, string>> = {
  'topology.kubernetes.io/zone': 'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region': 'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
};

/** One demand of a volume: the node's label must have one of the values. */
interface Place {
  readonly key: string;
  readonly values: ReadonlySet<string>;
}

const elsewhere: Rejection = { reasons: ['node(s) had no available volume zone'], unresolvable: true };

/** Keeps pods in the zones and regions that the labels of their volumes name. */
export const volumeZone: PluginFactory = {
  name: 'VolumeZone',
  create(_, handle) {
    const view = new StorageView(handle.informers);
    return {
      name: 'VolumeZone',
      wakesOn: [
        { on: ['StorageClassAdd', 'NodeAdd', 'NodeUpdateNodeLabel'] },
        { on: ['PersistentVolumeClaimAdd', 'PersistentVolumeClaimUpdate'] },
        { on: ['PersistentVolumeAdd', 'PersistentVolumeUpdate'] },
      ],
      preFilter({ pod }) {
        const volumes = claimsOfPod(pod).map(({ name }) => {
          const volumeName = view.claim(pod.metadata.namespace!, name)?.spec?.volumeName;
          return volumeName === undefined ? undefined : view.volume(volumeName);
        });
        const state = volumes.flatMap((volume) => placesOf(volume?.metadata.labels ?? {}));
        return state.length === 0 ? 'skip' : { state };
      },
      filter: (__, node, places: readonly Place[]) => (isIn(node, places) ? undefined : elsewhere),
    };
  },
};

function placesOf(labels: Readonly<Record<string, string>>): Place[] {
  return Object.keys(OTHER_NAME)
    .filter((key) => labels[key] !== undefined)
    .map((key) => ({ key, values: new Set(labels[key]!.split('__').map((value) => value.trim())) }));
}

/** A node that says nothing of where it is suits everybody: clusters of one zone need no labels. */
function isIn({ labels }: NodeInfo, places: readonly Place[]): boolean {
  if (!Object.keys(OTHER_NAME).some((key) => labels[key] !== undefined)) return true;
  return places.every(({ key, values }) => {
    const value = labels[key] ?? labels[OTHER_NAME[key]!];
    return value !== undefined && values.has(value);
  });
}

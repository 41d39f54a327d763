import { noDriver } from './persistent.ts';
import type { VolumeType } from './volume-type.ts';

/** Switched off by upstream: whoever may make pods could run code on the node (CVE-2024-10220, KEP-5040). */
export const gitRepo: VolumeType = {
  field: 'gitRepo',
  setUp: () =>
    Promise.reject(
      new Error(
        'git-repo volume plugin has been disabled; if necessary, it may be re-enabled by enabling the feature-gate `GitRepoVolumeDriver`',
      ),
    ),
};

/** A volume of a CSI driver in the pod itself. */
export const csi: VolumeType = {
  field: 'csi',
  setUp: ({ volume }) => Promise.reject(noDriver('mounter.SetUpAt failed to get CSI client', volume.csi!.driver)),
};

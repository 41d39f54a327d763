import type { PersistentVolume } from '../../api/core-v1/persistent-volume.ts';

/** Who provisions volumes in folders of nodes, as storage classes name it. */
export const localPathProvisioner = 'coxswain.dev/local-path';

/** Whether a volume was provisioned in a folder of a node, which so may be made and removed. */
export function isLocalPath({ metadata, spec }: PersistentVolume): boolean {
  return (
    metadata.annotations?.['pv.kubernetes.io/provisioned-by'] === localPathProvisioner && spec?.local !== undefined
  );
}

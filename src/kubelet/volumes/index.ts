import { claimVolume, ephemeralVolume } from './claim.ts';
import { configMapVolume } from './config-map.ts';
import { downwardApi } from './downward-api.ts';
import { emptyDir } from './empty-dir.ts';
import { hostPath } from './host-path.ts';
import { imageVolume } from './image.ts';
import { nfs } from './nfs.ts';
import { projected } from './projected.ts';
import { csi, gitRepo } from './refused.ts';
import { secretVolume } from './secret.ts';
import type { VolumeType } from './volume-type.ts';

/** The types of volume that pods can have. */
export const volumeTypes: readonly VolumeType[] = [
  emptyDir,
  hostPath,
  configMapVolume,
  secretVolume,
  downwardApi,
  projected,
  claimVolume,
  ephemeralVolume,
  imageVolume,
  nfs,
  gitRepo,
  csi,
];

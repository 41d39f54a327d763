import { dirname } from 'node:path';
import type { PersistentVolume } from '../core-v1/persistent-volume-type.ts';
import { volumeAnnotations } from '../core-v1/volume-matching.ts';

/** Who provisions volumes in folders of nodes, as storage classes name it. */
export const localPathProvisioner = 'coxswain.dev/local-path';

/** The parameter of a storage class that says below which folder of the nodes its volumes lie. */
export const localPathParameter = 'path';

/**
 * Whether a volume was provisioned in a folder directly below `parent`. A node makes and removes no other folder,
 * whatever volumes say.
 */
export function isLocalPathIn(parent: string, { metadata, spec }: PersistentVolume): boolean {
  const path = spec?.local?.path;
  if (metadata.annotations?.[volumeAnnotations.provisionedBy] !== localPathProvisioner || !path) return false;
  return dirname(path) === parent && !path.endsWith('/..') && !path.endsWith('/.');
}

import { keyPath, path } from '../../apimachinery/field-error.ts';
import type { Warn } from './fractional-bytes.ts';
import { nodeTermWarnings } from './node-label-warnings.ts';
import { OLD_VOLUMES } from './old-volumes.ts';
import type { PersistentVolume } from './persistent-volume-type.ts';

const OLD_ANNOTATIONS: Readonly<Record<string, string>> = {
  'volume.beta.kubernetes.io/storage-class': 'deprecated since v1.8; use "storageClassName" attribute instead',
  'volume.beta.kubernetes.io/mount-options': 'deprecated since v1.31; use "mountOptions" attribute instead',
};
const RECYCLED =
  'The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.';

/** What the writer of a persistent volume is told. */
export function volumeWarnings({ metadata, spec = {} }: PersistentVolume): string[] {
  const warnings: string[] = [];
  const warn: Warn = (where, text) => warnings.push(`${where}: ${text}`);
  for (const [key, text] of Object.entries(OLD_ANNOTATIONS)) {
    if (metadata.annotations?.[key] !== undefined) warn(keyPath('metadata.annotations', key), text);
  }
  (spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).forEach((term, i) =>
    nodeTermWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${i}]`, warn),
  );
  for (const source of Object.keys(spec)) {
    if (Object.hasOwn(OLD_VOLUMES, source)) warn(path('spec', source), OLD_VOLUMES[source]!);
  }
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') warn('spec.persistentVolumeReclaimPolicy', RECYCLED);
  return warnings;
}

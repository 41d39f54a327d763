import type { V1DownwardAPIVolumeFile } from '@kubernetes/client-node';
import type { Plain } from '../../apimachinery/object.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { fieldValue, resourceValue, type DownwardFacts, type ResourceFieldRef } from '../containers/field-ref.ts';
import type { VolumeFile } from './atomic-writer.ts';
import { publishFiles } from './config-files.ts';
import { usualMode } from './key-files.ts';
import type { VolumeType } from './volume-type.ts';

/** Fields of the pod as files. */
export const downwardApi: VolumeType = {
  field: 'downwardAPI',
  dynamic: true,
  async setUp(context) {
    const { items = [], defaultMode = usualMode } = context.volume.downwardAPI!;
    return publishFiles(context, filesOfDownwardApi(context.pod, items, context.facts, defaultMode), true);
  },
};

/** @throws Error when a file names a field that there is not */
export function filesOfDownwardApi(
  pod: Pod,
  items: readonly Plain<V1DownwardAPIVolumeFile>[],
  facts: DownwardFacts,
  defaultMode: number,
): Map<string, VolumeFile> {
  const files = new Map<string, VolumeFile>();
  for (const { path, fieldRef, resourceFieldRef, mode } of items) {
    const text = fieldRef
      ? fieldValue(fieldRef.fieldPath, pod, facts)
      : resourceValue(resourceFieldRef as ResourceFieldRef, pod, '', facts);
    files.set(path, { content: Buffer.from(text), mode: mode ?? defaultMode });
  }
  return files;
}

import { configMapFiles, type ConfigSource } from '../containers/config-source.ts';
import type { VolumeFile } from './atomic-writer.ts';
import { publishFiles } from './config-files.ts';
import { keyFiles, usualMode, type KeySelection } from './key-files.ts';
import type { VolumeType } from './volume-type.ts';

/** The keys of a config map as files. */
export const configMapVolume: VolumeType = {
  field: 'configMap',
  dynamic: true,
  async setUp(context) {
    const { defaultMode = usualMode, name = '', ...selection } = context.volume.configMap!;
    return publishFiles(context, await filesOfConfigMap(context.source, name, selection, defaultMode), false);
  },
};

/** @throws Error when the map or a key is missing and not optional */
export async function filesOfConfigMap(
  source: ConfigSource,
  name: string,
  selection: KeySelection,
  mode: number,
): Promise<Map<string, VolumeFile>> {
  const map = await source.configMap(name, selection.optional);
  if (!map) return new Map();
  return keyFiles(
    configMapFiles(map),
    selection,
    mode,
    (key) => `configmap references non-existent config key: ${key}`,
  );
}

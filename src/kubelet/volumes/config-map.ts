import { configMapFiles, type ConfigSource } from '../containers/config-source.ts';
import { writeAtomically, type VolumeFile } from './atomic-writer.ts';
import { keyFiles, usualMode, type KeySelection } from './key-files.ts';
import type { VolumeType } from './volume-type.ts';

/** The keys of a config map as files. */
export const configMapVolume: VolumeType = {
  field: 'configMap',
  dynamic: true,
  async setUp({ volume, folder, source }) {
    const { defaultMode = usualMode, name = '', ...selection } = volume.configMap!;
    await writeAtomically(folder, await filesOfConfigMap(source, name, selection, defaultMode));
    return folder;
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

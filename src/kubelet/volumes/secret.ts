import { secretFiles, type ConfigSource } from '../containers/config-source.ts';
import { writeAtomically, type VolumeFile } from './atomic-writer.ts';
import { keyFiles, usualMode, type KeySelection } from './key-files.ts';
import type { VolumeType } from './volume-type.ts';

/** The keys of a secret as files. */
export const secretVolume: VolumeType = {
  field: 'secret',
  dynamic: true,
  async setUp({ volume, folder, source }) {
    const { defaultMode = usualMode, secretName = '', ...selection } = volume.secret!;
    await writeAtomically(folder, await filesOfSecret(source, secretName, selection, defaultMode));
    return folder;
  },
};

/** @throws Error when the secret or a key is missing and not optional */
export async function filesOfSecret(
  source: ConfigSource,
  name: string,
  selection: KeySelection,
  mode: number,
): Promise<Map<string, VolumeFile>> {
  const found = await source.secret(name, selection.optional);
  if (!found) return new Map();
  return keyFiles(secretFiles(found), selection, mode, (key) => `references non-existent secret key: ${key}`);
}

import { secretFiles, type ConfigSource } from '../containers/config-source.ts';
import type { VolumeFile } from './atomic-writer.ts';
import { publishFiles } from './config-files.ts';
import { keyFiles, usualMode, type KeySelection } from './key-files.ts';
import type { VolumeType } from './volume-type.ts';

/** The keys of a secret as files. */
export const secretVolume: VolumeType = {
  field: 'secret',
  dynamic: true,
  async setUp(context) {
    const { defaultMode = usualMode, secretName = '', ...selection } = context.volume.secret!;
    return publishFiles(context, await filesOfSecret(context.source, secretName, selection, defaultMode), true);
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

import type { Stats } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '../../base/make-folder.ts';
import type { VolumeType } from './volume-type.ts';

const checks: Readonly<Record<string, { is: (s: Stats) => boolean; what: string }>> = {
  Directory: { is: (s) => s.isDirectory(), what: 'a directory' },
  File: { is: (s) => s.isFile(), what: 'a file' },
  Socket: { is: (s) => s.isSocket(), what: 'a socket file' },
  CharDevice: { is: (s) => s.isCharacterDevice(), what: 'a character device' },
  BlockDevice: { is: (s) => s.isBlockDevice(), what: 'a block device' },
};

/** A path of the node itself. */
export const hostPath: VolumeType = {
  field: 'hostPath',
  async setUp({ volume }) {
    const { path, type } = volume.hostPath!;
    await prepareHostPath(path, type);
    return { path, readOnly: false };
  },
};

/**
 * Makes what a type says may be made, and checks what it says must be there. Without a type nothing is checked, and
 * what is missing becomes a folder, as container runtimes make it.
 * @throws Error with a sentence
 */
export async function prepareHostPath(path: string, type = ''): Promise<void> {
  const there = await stat(path).catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!there && (type === '' || type === 'DirectoryOrCreate')) return makeFolder(path, 0o755);
  if (!there && type === 'FileOrCreate') {
    makeFolder(dirname(path), 0o755);
    return writeFile(path, '', { flag: 'a', mode: 0o644 });
  }
  const check = checks[type.replace('OrCreate', '')];
  if (check && !(there && check.is(there))) throw new Error(`hostPath type check failed: ${path} is not ${check.what}`);
}

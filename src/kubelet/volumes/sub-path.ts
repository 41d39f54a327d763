import { lstat, mkdir, realpath, stat, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { openBeneath } from '../../linux/open-beneath.ts';
import type { Mounter } from './mounter.ts';

/**
 * Makes a part of a volume appear at `target`, where nobody but us can put a link. Links in the part's path may lead
 * about inside the volume, never out of it, whoever changes them while we look: the place is opened link by link first,
 * and what is mounted is what was opened. What is missing becomes a folder of the volume's mode.
 * @throws Error with a sentence when the path leads out of the volume
 */
export async function bindSubPath(mounter: Mounter, volume: string, subPath: string, target: string): Promise<void> {
  const root = await realpath(volume);
  const { existing, missing } = await resolveInside(root, subPath);
  const mode = (await stat(root)).mode & 0o777;
  const part = await openBeneath(root, join(existing, missing), missing ? mode : undefined);
  try {
    if (await isSame(mounter, part, target)) return;
    await mounter.unmount(target);
    await makeMountPoint(target, (await part.stat()).isDirectory());
    await mounter.bind(`/proc/${process.pid}/fd/${part.fd}`, target);
  } finally {
    await part.close();
  }
}

/** Splits the path into what there is, its links resolved, and what is still to be made. Both relative to the root. */
async function resolveInside(root: string, subPath: string): Promise<{ existing: string; missing: string }> {
  const parts = subPath.split('/').filter((part) => part !== '' && part !== '.');
  for (let n = parts.length; n >= 0; n--) {
    const path = join(root, ...parts.slice(0, n));
    const real = await realpath(path).catch((error) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (real === undefined) {
      if (await lstat(path).catch(() => undefined)) throw new Error(`subpath "${path}" is a link that leads nowhere`);
      continue;
    }
    const existing = relative(root, real);
    if (existing === '..' || existing.startsWith('../')) {
      throw new Error(`subpath "${real}" not within volume path "${root}"`);
    }
    return { existing, missing: parts.slice(n).join('/') };
  }
  throw new Error(`the volume's path "${root}" does not exist`);
}

async function isSame(mounter: Mounter, part: FileHandle, target: string): Promise<boolean> {
  if (!(await mounter.isMounted(target))) return false;
  const [wanted, there] = [await part.stat(), await stat(target).catch(() => undefined)];
  return wanted.ino === there?.ino && wanted.dev === there.dev;
}

async function makeMountPoint(target: string, folder: boolean): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o750 });
  if (folder) await mkdir(target, { recursive: true, mode: 0o750 });
  else await writeFile(target, '', { flag: 'a', mode: 0o640 });
}

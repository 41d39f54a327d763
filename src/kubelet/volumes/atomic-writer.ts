import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readFile,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { groupListable, groupReadable } from './ownership.ts';

export interface VolumeFile {
  readonly content: Buffer;
  readonly mode: number;
  /** The user it belongs to. Default: root. */
  readonly owner?: number | undefined;
}

/**
 * Makes `folder` hold exactly these files (path inside it to content), all at once: the files stand in a folder of their
 * own that the link `..data` points to, what programs open are links through it, and a change swaps that one link. What
 * a writer that died has left is removed.
 * @param group the group that can read all of it, whatever the modes of the files say
 * @returns whether anything changed
 */
export async function writeAtomically(
  folder: string,
  files: ReadonlyMap<string, VolumeFile>,
  group?: number,
): Promise<boolean> {
  for (const path of files.keys()) checkPath(path);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const data = join(folder, '..data');
  const current = await readlink(data).catch(() => undefined);
  const same = current !== undefined && (await holds(join(folder, current), files, group));
  if (!same) await swap(folder, data, files, group);
  await linkTop(folder, files);
  await removeOthers(folder);
  return !same;
}

async function swap(
  folder: string,
  data: string,
  files: ReadonlyMap<string, VolumeFile>,
  group: number | undefined,
): Promise<void> {
  const next = `..${randomBytes(8).toString('hex')}`;
  await writeAll(join(folder, next), files, group);
  await rm(`${data}_tmp`, { force: true });
  await symlink(next, `${data}_tmp`);
  await rename(`${data}_tmp`, data);
}

/** @throws Error when a path leaves the volume */
function checkPath(path: string): void {
  const clean = normalize(path);
  if (
    path === '' ||
    path.startsWith('/') ||
    clean === '..' ||
    clean.startsWith('../') ||
    path.split('/')[0]!.startsWith('..')
  ) {
    throw new Error(`the path "${path}" leads out of the volume`);
  }
}

async function writeAll(
  folder: string,
  files: ReadonlyMap<string, VolumeFile>,
  group: number | undefined,
): Promise<void> {
  await makeFolder(folder, '', group);
  for (const [path, file] of files) {
    await makeFolder(folder, dirname(normalize(path)), group);
    const target = join(folder, path);
    await writeFile(target, file.content, { mode: 0o600 });
    if (file.owner !== undefined || group !== undefined) await chown(target, file.owner ?? 0, group ?? 0);
    await chmod(target, modeOf(file, group)); // the process's umask does not count
  }
}

function modeOf({ mode }: VolumeFile, group: number | undefined): number {
  return group === undefined ? mode : groupReadable(mode);
}

async function makeFolder(root: string, path: string, group: number | undefined): Promise<void> {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  for (let n = 0; n <= parts.length; n++) {
    const folder = join(root, ...parts.slice(0, n));
    if (await lstat(folder).catch(() => undefined)) continue;
    await mkdir(folder, { mode: 0o755 });
    if (group !== undefined) await chown(folder, 0, group);
    await chmod(folder, group === undefined ? 0o755 : groupListable(0o755));
  }
}

/** Links the first part of every path, and removes the links that lead nowhere now; folders are others' mount points. */
async function linkTop(folder: string, files: ReadonlyMap<string, VolumeFile>): Promise<void> {
  const wanted = new Set([...files.keys()].map((path) => normalize(path).split('/')[0]!));
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('..')) continue;
    const known = wanted.delete(entry.name);
    if (!known && entry.isSymbolicLink()) await rm(join(folder, entry.name), { force: true });
  }
  for (const name of wanted) await symlink(join('..data', name), join(folder, name));
}

/** Removes the folders of former contents. */
async function removeOthers(folder: string): Promise<void> {
  const current = await readlink(join(folder, '..data'));
  const old = (await readdir(folder)).filter((name) => /^\.\.[0-9a-f]{16}$/.test(name) && name !== current);
  await Promise.all(old.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

async function holds(
  folder: string,
  files: ReadonlyMap<string, VolumeFile>,
  group: number | undefined,
): Promise<boolean> {
  const there = await listFiles(folder);
  if (there.length !== files.size) return false;
  const wantedBy = new Map([...files].map(([path, file]) => [normalize(path), file]));
  for (const path of there) {
    const wanted = wantedBy.get(path);
    if (!wanted || !(await readFile(join(folder, path))).equals(wanted.content)) return false;
    const { mode, uid, gid } = await lstat(join(folder, path));
    if ((mode & 0o777) !== modeOf(wanted, group)) return false;
    if ((wanted.owner !== undefined && uid !== wanted.owner) || (group !== undefined && gid !== group)) return false;
  }
  return true;
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name).slice(folder.length + 1));
}

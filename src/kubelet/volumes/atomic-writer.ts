import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readFile, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';

export interface VolumeFile {
  readonly content: Buffer;
  readonly mode: number;
}

/**
 * Makes `folder` hold exactly these files (path inside it to content), all at once: the files stand in a folder of their
 * own that the link `..data` points to, what programs open are links through it, and a change swaps that one link.
 * @returns whether anything changed
 */
export async function writeAtomically(folder: string, files: ReadonlyMap<string, VolumeFile>): Promise<boolean> {
  for (const path of files.keys()) checkPath(path);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const data = join(folder, '..data');
  const current = await readlink(data).catch(() => undefined);
  if (current && (await holds(join(folder, current), files))) return false;
  const next = `..${randomBytes(8).toString('hex')}`;
  await writeAll(join(folder, next), files);
  await symlink(next, `${data}_tmp`);
  await rename(`${data}_tmp`, data);
  await linkTop(folder, files);
  if (current) await rm(join(folder, current), { recursive: true, force: true });
  return true;
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

async function writeAll(folder: string, files: ReadonlyMap<string, VolumeFile>): Promise<void> {
  await mkdir(folder, { mode: 0o755 });
  await chmod(folder, 0o755);
  for (const [path, { content, mode }] of files) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    await writeFile(target, content, { mode });
    await chmod(target, mode); // the process's umask does not count
  }
}

/** Links the first part of every path, and removes the links that lead nowhere now. */
async function linkTop(folder: string, files: ReadonlyMap<string, VolumeFile>): Promise<void> {
  const wanted = new Set([...files.keys()].map((path) => normalize(path).split('/')[0]!));
  for (const name of await readdir(folder)) {
    if (!name.startsWith('..') && !wanted.has(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
  for (const name of wanted) {
    const there = await lstat(join(folder, name)).catch(() => undefined);
    if (!there) await symlink(join('..data', name), join(folder, name));
  }
}

async function holds(folder: string, files: ReadonlyMap<string, VolumeFile>): Promise<boolean> {
  const there = await listFiles(folder);
  if (there.length !== files.size) return false;
  for (const path of there) {
    const wanted = files.get(path);
    if (!wanted || !(await readFile(join(folder, path))).equals(wanted.content)) return false;
    if (((await lstat(join(folder, path))).mode & 0o707) !== (wanted.mode & 0o707)) return false;
  }
  return true;
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name).slice(folder.length + 1));
}

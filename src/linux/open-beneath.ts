import { constants } from 'node:fs';
import { chmod, mkdir, open, type FileHandle } from 'node:fs/promises';

/** Names a place without opening what is there; Node's constants leave it out. The same on all architectures we run on. */
const O_PATH = 0o10000000;

/**
 * Opens a path below a folder without ever following a link, so that whoever may write there cannot lead us elsewhere
 * between a look and an act. The handle only names the place (`O_PATH`): reach it as `/proc/<pid>/fd/<fd>`.
 * @param makeMode what is missing is made as folders of this mode; undefined: what is missing is an error
 * @throws Error when a part of the path is a link or `..`
 */
export async function openBeneath(folder: string, path: string, makeMode?: number): Promise<FileHandle> {
  let at = await open(folder, O_PATH | constants.O_DIRECTORY);
  try {
    for (const name of path.split('/').filter((part) => part !== '' && part !== '.')) {
      const next = await step(at, name, makeMode);
      await at.close();
      at = next;
    }
    return at;
  } catch (error) {
    await at.close();
    throw error;
  }
}

async function step(from: FileHandle, name: string, makeMode: number | undefined): Promise<FileHandle> {
  if (name === '..') throw new Error('a path must not go up');
  const path = `/proc/self/fd/${from.fd}/${name}`;
  const made = makeMode !== undefined && (await makeFolder(path));
  const next = await open(path, O_PATH | constants.O_NOFOLLOW);
  try {
    if ((await next.stat()).isSymbolicLink()) throw new Error(`"${name}" is a symbolic link`);
    if (made) await chmod(`/proc/self/fd/${next.fd}`, makeMode); // the process's umask does not count
    return next;
  } catch (error) {
    await next.close();
    throw error;
  }
}

/** @returns whether it was not there before */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

import { run } from './exec.ts';

/** Milliseconds: what takes longer is counted at the next look. */
const LONGEST = 10_000;

/** The bytes that files take on their disk, each of them once; what is mounted below is not counted. 0 for what is not there. */
export async function bytesOf(paths: readonly string[]): Promise<number> {
  if (paths.length === 0) return 0;
  const { stdout } = await run('du', ['-s', '-c', '-x', '-B1', '--', ...paths], { accept: true, timeout: LONGEST });
  return Number(/^(\d+)\ttotal$/m.exec(stdout)?.[1] ?? 0);
}

/** blkid's exit code for a device on which it finds nothing. */
const NOTHING_FOUND = 2;

/** Whether a device holds nothing that anybody knows: no file system, no partitions. @throws CommandError */
export async function isBlank(device: string): Promise<boolean> {
  const { code } = await run('blkid', ['-p', '--', device], { accept: [0, NOTHING_FOUND] });
  return code === NOTHING_FOUND;
}

/** Milliseconds: large disks take their time. */
const LONGEST_FORMAT = 300_000;

/** Makes a file system, e.g. `ext4`, on a device that is blank. @throws CommandError */
export async function makeFileSystem(type: string, device: string): Promise<void> {
  if (!/^[a-z0-9]+$/.test(type)) throw new Error(`"${type}" is no type of file system`);
  const options = type.startsWith('ext') ? ['-F', '-m0'] : [];
  await run(`mkfs.${type}`, [...options, device], { timeout: LONGEST_FORMAT });
}

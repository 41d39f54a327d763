import { readFile } from 'node:fs/promises';
import { run, CommandError } from './exec.ts';

/** One mount of this process's mount namespace. */
export interface Mount {
  /** Where it is mounted. */
  readonly target: string;
  /** `tmpfs`, `ext4`, ... */
  readonly type: string;
  /** What is mounted: a device or a name. */
  readonly source: string;
  /** The folder of that file system that is seen at the target. */
  readonly root: string;
  readonly options: readonly string[];
}

/** All mounts, in the order they were made. */
export async function listMounts(): Promise<Mount[]> {
  return parseMountInfo(await readFile('/proc/self/mountinfo', 'utf8'));
}

/** Reads the format of /proc/self/mountinfo. */
export function parseMountInfo(text: string): Mount[] {
  return text.split('\n').filter(Boolean).map(mountOf);
}

function mountOf(line: string): Mount {
  // Optional fields of varying number end with a lone dash.
  const [before = '', after = ''] = line.split(' - ');
  const fields = before.split(' ');
  const [type = '', source = ''] = after.split(' ');
  return {
    target: unescaped(fields[4] ?? ''),
    type,
    source: unescaped(source),
    root: unescaped(fields[3] ?? ''),
    options: (fields[5] ?? '').split(','),
  };
}

/** The kernel writes blanks and backslashes in octal. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

/** Whether something is mounted at exactly this path. */
export async function isMounted(target: string): Promise<boolean> {
  return (await listMounts()).some((m) => m.target === target);
}

/** Mounts a file system, e.g. `mount('tmpfs', 'tmpfs', '/x', ['size=64m', 'mode=0700'])`. */
export async function mount(
  type: string,
  source: string,
  target: string,
  options: readonly string[] = [],
): Promise<void> {
  await run('mount', ['-t', type, ...(options.length ? ['-o', options.join(',')] : []), source, target]);
}

export interface BindOptions {
  readonly readOnly?: boolean;
  /** False hands the source to the kernel as it is, as paths below /proc/<pid>/fd need. Default: true. */
  readonly canonicalize?: boolean;
}

/** Makes a folder or file appear at a second place. */
export async function bindMount(source: string, target: string, options: BindOptions = {}): Promise<void> {
  const raw = options.canonicalize === false ? ['--no-canonicalize'] : [];
  await run('mount', [...raw, '--bind', source, target]);
  if (options.readOnly) await run('mount', ['-o', 'remount,bind,ro', target]);
}

/** Unmounts; it is no error when nothing is mounted there. A busy mount disappears now and ends with its last user. */
export async function unmount(target: string): Promise<void> {
  if (!(await isMounted(target))) return;
  try {
    await run('umount', ['--no-mtab', target]);
  } catch (error) {
    if (!(error instanceof CommandError) || error.missing) throw error;
    await run('umount', ['--lazy', target]);
  }
}

/** Unmounts everything at and below a folder, the innermost first. */
export async function unmountAll(folder: string): Promise<void> {
  const below = (await listMounts()).filter((m) => m.target === folder || m.target.startsWith(`${folder}/`));
  for (const { target } of below.toReversed()) await unmount(target);
}

import { run } from './exec.ts';

/** Milliseconds: what takes longer is counted at the next look. */
const LONGEST = 10_000;

/** The bytes that files take on their disk, each of them once; what is mounted below is not counted. 0 for what is not there. */
export async function bytesOf(paths: readonly string[]): Promise<number> {
  if (paths.length === 0) return 0;
  const { stdout } = await run('du', ['-s', '-c', '-x', '-B1', '--', ...paths], { accept: true, timeout: LONGEST });
  return Number(/^(\d+)\ttotal$/m.exec(stdout)?.[1] ?? 0);
}

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runningOn, type DataDir } from './data-dir.ts';

/** It is emptied when the machine starts, as the rules of the packet filter are. */
const FOLDER = '/run/coxswain/nodes';

/** Notes that a cluster has a node in this machine's own network: the rules of services and policies are there once only. */
export function noteNode({ clusterId, path }: Pick<DataDir, 'clusterId' | 'path'>, folder = FOLDER): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  writeFileSync(join(folder, clusterId), path, { mode: 0o600 });
}

/** Takes the note back. */
export function forgetNode({ clusterId }: Pick<DataDir, 'clusterId'>, folder = FOLDER): void {
  rmSync(join(folder, clusterId), { force: true });
}

/** The data folders of other clusters that have a node here and run now. */
export function otherNodes({ clusterId }: Pick<DataDir, 'clusterId'>, folder = FOLDER): string[] {
  return notesIn(folder)
    .filter((id) => id !== clusterId)
    .map((id) => readFileSync(join(folder, id), 'utf8'))
    .filter((path) => runningOn({ lock: join(path, 'cox.pid') }) !== undefined);
}

function notesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeFolder } from '../base/make-folder.ts';

/** Where a cluster keeps everything of its own. */
export interface DataDir {
  readonly path: string;
  readonly pki: string;
  readonly etcd: string;
  readonly kubelet: string;
  /** Provisioned volumes: they outlive pods and nodes. */
  readonly volumes: string;
  readonly kubeconfig: string;
  readonly log: string;
  readonly lock: string;
  /** An identifier of this cluster, made once: labels on containers carry it. */
  readonly clusterId: string;
}

/** What the codes of the system mean for a data folder. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'you may not write there',
  EPERM: 'it belongs to somebody else',
  EROFS: 'its file system is read-only',
  ENOSPC: 'its file system is full',
  EEXIST: 'it is a file, or lies below one',
  ENOTDIR: 'it is a file, or lies below one',
};

const KEPT_PRIVATE = 0o700;

/** Makes the folder (readable by its owner only) with what every run needs in it. `newId` is used on first use. */
export function openDataDir(path: string, newId: () => string): DataDir {
  const full = resolve(path);
  try {
    makeFolder(full, KEPT_PRIVATE);
    chmodSync(full, KEPT_PRIVATE);
    return { ...layout(full), clusterId: clusterIdIn(full, newId) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = REASONS[code ?? ''] ?? code ?? message;
    throw new Error(`The data folder ${full} cannot be used: ${why}. Choose another with --data-dir.`, {
      cause: error,
    });
  }
}

/** The folder of an existing cluster, or undefined when there is none at `path`. */
export function findDataDir(path: string): DataDir | undefined {
  const full = resolve(path);
  const clusterId = readText(join(full, 'cluster-id'));
  return clusterId === undefined ? undefined : { ...layout(full), clusterId };
}

function layout(path: string): Omit<DataDir, 'clusterId'> {
  return {
    path,
    pki: join(path, 'pki'),
    etcd: join(path, 'etcd'),
    kubelet: join(path, 'kubelet'),
    volumes: join(path, 'volumes'),
    kubeconfig: join(path, 'kubeconfig'),
    log: join(path, 'cox.log'),
    lock: join(path, 'cox.pid'),
  };
}

function clusterIdIn(path: string, newId: () => string): string {
  const file = join(path, 'cluster-id');
  const existing = readText(file);
  if (existing) return existing;
  const id = newId();
  writeFileSync(file, id, { mode: 0o600 });
  return id;
}

/**
 * Takes the folder for this process.
 * @returns the function that gives it back
 * @throws when another cluster runs on it
 */
export function lockDataDir(dataDir: Pick<DataDir, 'path' | 'lock'>): () => void {
  const other = runningOn(dataDir);
  if (other !== undefined && other !== process.pid) {
    throw new Error(
      `A cluster already runs on ${dataDir.path} (process ${other}). Stop it, or give this one a --data-dir of its own.`,
    );
  }
  writeFileSync(dataDir.lock, `${process.pid} ${startOf(process.pid)}`, { mode: 0o600 });
  return () => rmSync(dataDir.lock, { force: true });
}

/** The process id of the cluster that runs on this folder, if one does. A pid that was given to another program does not count. */
export function runningOn(dataDir: Pick<DataDir, 'lock'>): number | undefined {
  const [pid, start] = (readText(dataDir.lock) ?? '').split(' ');
  return pid && start && startOf(Number(pid)) === start ? Number(pid) : undefined;
}

/**
 * When a process was started, in ticks since the machine was: with the pid this names it for good. Undefined for one that
 * has ended, also while its parent has not yet asked for its exit code (in a container that can stay so for ever).
 */
function startOf(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // The program's name is in parentheses and may hold anything; the fields are counted from behind it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' ? undefined : fields?.[19];
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

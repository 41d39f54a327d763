import { existsSync, rmSync } from 'node:fs';
import { findDataDir, runningOn, type DataDir } from './data-dir.ts';
import { killLeftoverEtcd } from './etcd.ts';
import { FurtherNodes } from './further-nodes/index.ts';
import { removeNode } from './node.ts';

export interface RemoveOptions {
  readonly dataDir: string;
  /** Whether the data goes too. */
  readonly purge: boolean;
  readonly root: boolean;
}

/**
 * Removes what a stopped cluster left on this machine: its containers, networks and iptables rules, and with `purge` its
 * data. Nothing of anybody else's is touched.
 * @returns what was done, in lines for a person
 * @throws a sentence when the cluster still runs, or root is needed
 */
export async function removeMachineCluster(options: RemoveOptions): Promise<string[]> {
  const dataDir = findDataDir(options.dataDir);
  if (!dataDir) return [`There is no cluster at ${options.dataDir}: nothing to remove.`];
  const running = runningOn(dataDir);
  if (running !== undefined) {
    throw new Error(
      `The cluster on ${dataDir.path} is running (process ${running}). Stop it first, with Ctrl-C or: kill ${running}`,
    );
  }
  killLeftoverEtcd(dataDir.etcd);
  const lines = await removePods(dataDir, options);
  if (!options.purge) return lines.length > 0 ? lines : ['There was nothing to remove.'];
  rmSync(dataDir.path, { recursive: true, force: true });
  return [...lines, `Removed ${dataDir.path}.`];
}

/** A cluster that never had a node has no such folder, and then root is not needed. */
async function removePods(dataDir: DataDir, { root }: RemoveOptions): Promise<string[]> {
  if (!existsSync(dataDir.kubelet)) return [];
  if (!root)
    throw new Error('Containers and iptables rules can be removed by root only. Run the same command as root.');
  const further = await new FurtherNodes(dataDir).wipe();
  const lines = await removeNode(dataDir);
  return further > 0 ? [`Removed ${further} further node${further === 1 ? '' : 's'}.`, ...lines] : lines;
}

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removePodCgroups } from '../cgroups/pod-cgroups.ts';
import { removeCniNetwork, type CniNetworkOptions } from '../network/cni.ts';
import { unmountAll } from '../../linux/mount.ts';
import { hasStatus, type DockerEngine } from './docker.ts';
import { label, ownerFilter, type Owner } from './docker-labels.ts';

export interface RemovalOptions {
  readonly clusterId: string;
  /** The kubelet's folder. */
  readonly rootDir: string;
  /** Default: `cox0`. */
  readonly bridge?: string | undefined;
  /** Whether another cluster uses the bridge, which then stays. Default: no. */
  readonly sharedBridge?: boolean | undefined;
}

/**
 * Removes all that kubelets of a cluster have made on this machine, and nothing else: its containers, the bridge of its
 * pods with its rules and addresses, and the files of its pods. What is not there is no error.
 * @param docker undefined: no Docker Engine answers, so there are no containers to remove
 * @returns how many containers were removed
 */
export async function removeEverything(docker: DockerEngine | undefined, options: RemovalOptions): Promise<number> {
  const removed = docker ? await removeContainers(docker, options.clusterId) : 0;
  const { rootDir, bridge, sharedBridge } = options;
  const network: CniNetworkOptions = { rootDir, ...(bridge && { bridge }) };
  await removeCniNetwork(network, sharedBridge);
  await removePodCgroups(await readdir(join(rootDir, 'pods')).catch(() => []));
  await unmountAll(join(rootDir, 'pods'));
  await rm(join(rootDir, 'pods'), { recursive: true, force: true });
  return removed;
}

function removeContainers(docker: DockerEngine, clusterId: string): Promise<number> {
  return end(docker, [`${label.cluster}=${clusterId}`], 'remove');
}

/** Kills or removes the containers of one node, whether its kubelet runs or not. @returns how many there were */
export function endContainers(docker: DockerEngine, owner: Owner, how: 'kill' | 'remove'): Promise<number> {
  return end(docker, ownerFilter(owner), how);
}

async function end(docker: DockerEngine, labels: readonly string[], how: 'kill' | 'remove'): Promise<number> {
  const found = await docker.listContainers({ all: how === 'remove', filters: { label: [...labels] } });
  await Promise.all(
    found.map(async ({ Id }) => {
      const container = docker.getContainer(Id);
      await (how === 'kill' ? container.kill() : container.remove({ force: true, v: true })).catch((error: unknown) => {
        if (!hasStatus(error, 404, 409)) throw error;
      });
    }),
  );
  return found.length;
}

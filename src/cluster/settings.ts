import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PodNetworkMode } from '../kubelet/network/mtu.ts';
import type { StatusAddresses } from '../proxy/status-server.ts';
import type { DataDir } from './data-dir.ts';

/** What cannot change while a cluster lives: addresses handed out would lie outside. */
interface Lasting {
  readonly serviceCidr: string;
  readonly clusterCidr: string;
}

/** How the pods of all nodes of this machine are connected; each start of the cluster may say it anew. */
export interface NetworkSettings {
  /** Whether NetworkPolicies are enforced. Default: yes. */
  readonly policies?: boolean | undefined;
  /** How the pods of different nodes reach each other. Default: `routes`. */
  readonly mode?: PodNetworkMode | undefined;
  /** The size of pods' largest packets in bytes. Default: as large as they can leave the machine. */
  readonly mtu?: number | undefined;
  /** Whom pods ask for names; nobody: as their nodes do. */
  readonly clusterDns?: readonly string[] | undefined;
  /** The domain of the names of services and pods. Default: `cluster.local`. */
  readonly clusterDomain?: string | undefined;
  /** How nodes lead packets to services. */
  readonly proxy?: ProxySettings | undefined;
}

/** What the proxies of all nodes are told; those of one machine's further nodes too. */
export interface ProxySettings {
  /** Networks in which a node's addresses serve node ports. Default: all. */
  readonly nodePortAddresses?: readonly string[] | undefined;
  /** Hide the source of all connections to cluster IPs. */
  readonly masqueradeAll?: boolean | undefined;
  /** Where health and metrics are told. */
  readonly status?: StatusAddresses | undefined;
}

interface Settings extends Lasting {
  readonly network?: NetworkSettings;
}

const DEFAULT_CLUSTER_CIDR = '10.244.0.0/16';

/**
 * Keeps the settings of a new cluster, and holds those of an existing one against what is asked for now.
 * @throws a sentence when they differ
 */
export function keepSettings(dataDir: DataDir, { serviceCidr, clusterCidr, network = {} }: Settings): void {
  const kept = read(dataDir);
  if (kept) checkLasting(kept, { serviceCidr, clusterCidr }, dataDir);
  writeFileSync(fileOf(dataDir), JSON.stringify({ serviceCidr, clusterCidr, network }), { mode: 0o600 });
}

function checkLasting(kept: Lasting, { serviceCidr, clusterCidr }: Lasting, dataDir: DataDir): void {
  for (const [flag, was, is] of [
    ['--service-cidr', kept.serviceCidr, serviceCidr],
    ['--cluster-cidr', kept.clusterCidr, clusterCidr],
  ]) {
    if (was !== is)
      throw new Error(
        `The cluster on ${dataDir.path} was made with ${flag} ${was}; start it with that, or make another with --data-dir.`,
      );
  }
}

/** The range of pod addresses of an existing cluster. */
export function clusterCidrOf(dataDir: DataDir): string {
  return read(dataDir)?.clusterCidr ?? DEFAULT_CLUSTER_CIDR;
}

/** The IPv4 part of `10.244.0.0/16,fd00:244::/48`, or all of it when there is none. */
export function primaryRange(clusterCidr: string): string {
  const ranges = clusterCidr.split(',').map((range) => range.trim());
  return ranges.find((range) => !range.includes(':')) ?? ranges[0]!;
}

/** How the pods of an existing cluster are connected. */
export function networkOf(dataDir: DataDir): NetworkSettings {
  return read(dataDir)?.network ?? {};
}

function read(dataDir: DataDir): Settings | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(dataDir), 'utf8')) as Settings;
  } catch {
    return undefined;
  }
}

function fileOf(dataDir: DataDir): string {
  return join(dataDir.path, 'settings.json');
}

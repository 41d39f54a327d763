import { globSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { execute } from './running-cluster.ts';

/** How many there are of what pods leave on a machine when nobody cleans up after them. */
export interface Leftovers {
  readonly sandboxes: number;
  readonly runningContainers: number;
  readonly folders: number;
  readonly mounts: number;
  readonly addresses: number;
  readonly cgroups: number;
  readonly veths: number;
  /** Rules of ours by what they do, without addresses, marks and names of chains. */
  readonly rules: Readonly<Record<string, number>>;
}

export interface Place {
  /** The kubelet's folder. */
  readonly rootDir: string;
  readonly bridge: string;
  readonly clusterId: string;
  /** The pods that there have been: of control groups theirs are counted, for all clusters of a machine share a parent. */
  readonly uids: ReadonlySet<string>;
  /** `-H unix://...` for another engine than the machine's. */
  readonly docker?: readonly string[];
}

const podGroups = '/sys/fs/cgroup/{*,}/kubepods/{,besteffort/,burstable/}pod*';

/** Counts what is there of the pods of one kubelet; of the rules all that are ours. */
export async function leftovers({ rootDir, bridge, clusterId, uids, docker = [] }: Place): Promise<Leftovers> {
  const labelled = ['--filter', `label=io.coxswain.cluster=${clusterId}`];
  const [sandboxes, containers, links, rules] = await Promise.all([
    lines('docker', [...docker, 'ps', '-aq', ...labelled, '--filter', 'label=io.coxswain.type=sandbox']),
    lines('docker', [...docker, 'ps', '-q', ...labelled, '--filter', 'label=io.coxswain.type=container']),
    lines('ip', ['-o', 'link', 'show', 'master', bridge]),
    lines('iptables-save', []),
  ]);
  const mountPoints = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return {
    sandboxes: sandboxes.length,
    runningContainers: containers.length,
    folders: names(join(rootDir, 'pods')).length,
    mounts: mountPoints.filter((line) => line.includes(` ${rootDir}/`)).length,
    addresses: globSync(join(rootDir, 'cni', bridge, '[0-9]*.*')).length,
    cgroups: new Set(globSync(podGroups).filter((path) => uids.has(basename(path).slice('pod'.length)))).size,
    veths: links.length,
    rules: shapes(rules.filter((line) => line.startsWith('-A') && line.includes('COX-') && !leadsToPart.test(line))),
  };
}

/** Shared chains have parts by address: how many of them are in use depends on which addresses the pods got. */
const leadsToPart = / -j COX-[A-Z-]+-\d{1,4}$/;

function shapes(rules: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const rule of rules) {
    const shape = rule
      .replace(/\d+\.\d+\.\d+\.\d+(\/[\d.]+)?/g, 'IP')
      .replace(/IP:\d+/, 'IP:PORT')
      .replace(/-([A-Z0-9]{16}|\d+)\b/g, '-N');
    counts[shape] = (counts[shape] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function lines(command: string, args: readonly string[]): Promise<string[]> {
  const { stdout } = await execute(command, args);
  return stdout.split('\n').filter(Boolean);
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

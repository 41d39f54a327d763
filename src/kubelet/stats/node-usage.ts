import { readFile, statfs } from 'node:fs/promises';
import type { MemoryUsage } from '../runtime/runtime.ts';

/** The traffic of one network interface. */
export interface InterfaceUsage {
  readonly name: string;
  readonly rxBytes: number;
  readonly rxErrors: number;
  readonly txBytes: number;
  readonly txErrors: number;
}

/** A file system. Sizes are bytes. */
export interface DiskUsage {
  readonly available: number;
  readonly capacity: number;
  readonly used: number;
  readonly inodes: number;
  readonly inodesFree: number;
}

/** What the whole machine uses. */
export interface NodeUsage {
  /** When it was read, in milliseconds since the epoch. */
  readonly at: number;
  /** Processor time since the machine started, in nanoseconds. */
  readonly cpu: number;
  /** Nanoseconds of processor time per second, where it is known without a second reading. */
  readonly cpuRate?: number | undefined;
  readonly memory: MemoryUsage;
  readonly memoryAvailable: number;
  /** When the machine started, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly interfaces: readonly InterfaceUsage[];
  readonly disk: DiskUsage | undefined;
  readonly processes: number;
  readonly mostProcesses: number;
}

/** The kernel counts processor time in hundredths of a second towards programs. */
const TICK = 10_000_000;

/** Reads what this machine uses from /proc. `folder` is on the disk that pods use. */
export async function readNodeUsage(folder: string, at: number): Promise<NodeUsage> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => '');
  const paths = ['stat', 'meminfo', 'vmstat', 'net/dev', 'loadavg', 'sys/kernel/pid_max'];
  const [disk, ...texts] = await Promise.all([readDisk(folder), ...paths.map((path) => read(`/proc/${path}`))]);
  const [stat = '', meminfo = '', vmstat = '', net = '', load = '', pidMax = ''] = texts;
  return {
    ...{ at, cpu: machineCpu(stat), ...machineMemory(meminfo, vmstat), disk },
    startedAt: Number(/^btime (\d+)/m.exec(stat)?.[1] ?? 0) * 1000,
    interfaces: interfacesOf(net),
    processes: Number(/\/(\d+)/.exec(load)?.[1] ?? 0),
    mostProcesses: Number(pidMax) || 0,
  };
}

/** What the file system of a folder holds; undefined when there is none. */
export async function readDisk(folder: string): Promise<DiskUsage | undefined> {
  const found = await statfs(folder).catch(() => undefined);
  if (!found) return undefined;
  const { blocks, bavail, bfree, bsize, files, ffree } = found;
  const used = (blocks - bfree) * bsize;
  return { available: bavail * bsize, capacity: blocks * bsize, used, inodes: files, inodesFree: ffree };
}

/** Processor time from /proc/stat: all but idling and waiting for disks; time of guests is in the user's already. */
export function machineCpu(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '')
    .split(' ')
    .map(Number);
  return (user + nice + system + irq + softirq) * TICK;
}

/** Memory from /proc/meminfo and faults from /proc/vmstat. */
export function machineMemory(meminfo: string, vmstat: string): Pick<NodeUsage, 'memory' | 'memoryAvailable'> {
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(meminfo)?.[1] ?? 0) * 1024;
  const count = (name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(vmstat)?.[1] ?? 0);
  const total = kilobytes('MemTotal');
  const usage = total - kilobytes('MemFree');
  const workingSet = Math.max(0, usage - kilobytes('Inactive\\(file\\)'));
  return {
    memory: {
      ...{ usage, workingSet, rss: kilobytes('AnonPages'), limit: 0 },
      ...{ pageFaults: count('pgfault'), majorPageFaults: count('pgmajfault') },
    },
    memoryAvailable: Math.max(0, total - workingSet),
  };
}

/** Reads a table like /proc/net/dev; the loopback is left out. */
export function interfacesOf(text: string): InterfaceUsage[] {
  return text.split('\n').flatMap((line) => {
    const [, name, rest] = /^\s*([^\s:]+):(.*)$/.exec(line) ?? [];
    if (name === undefined || name === 'lo') return [];
    const fields = rest!.trim().split(/\s+/).map(Number);
    const [rxBytes = 0, , rxErrors = 0, , , , , , txBytes = 0, , txErrors = 0] = fields;
    return [{ name, rxBytes, rxErrors, txBytes, txErrors }];
  });
}

/** What a pod's interfaces have carried, from the table of its network namespace (`/proc/<pid>/ns/net`). */
export async function podInterfaces(netns: string | undefined): Promise<InterfaceUsage[]> {
  const process = netns?.replace(/\/ns\/net$/, '');
  if (!process?.startsWith('/proc/')) return [];
  return interfacesOf(await readFile(`${process}/net/dev`, 'utf8').catch(() => ''));
}

import { formatTime } from '../../apimachinery/time.ts';
import type { ContainerUsage, MemoryUsage } from '../runtime/runtime.ts';
import type { ContainerDisk } from './container-disk.ts';
import type { ContainerReport, PodReport, UsageReport } from './monitor.ts';
import type { DiskUsage, InterfaceUsage, NodeUsage } from './node-usage.ts';
import type { VolumeUsage } from './volume-usage.ts';

/** What had to be counted file by file. */
export interface MeasuredDisks {
  /** By the pods' uids. */
  readonly volumes: ReadonlyMap<string, readonly VolumeUsage[]>;
  /** By the containers' ids. */
  readonly containers: ReadonlyMap<string, ContainerDisk>;
}

const unmeasured: MeasuredDisks = { volumes: new Map(), containers: new Map() };

/** What `/stats/summary` answers, in the shape of the kubelet's stats API (`stats.k8s.io/v1alpha1 Summary`). */
export function summaryOf(
  nodeName: string,
  report: UsageReport,
  onlyCpuAndMemory = false,
  measured: MeasuredDisks = unmeasured,
): object {
  return {
    node: nodeStats(nodeName, report, onlyCpuAndMemory),
    pods: report.pods.map((pod) => podStats(pod, report.node, onlyCpuAndMemory, measured)),
  };
}

function nodeStats(nodeName: string, { node, nodeRate }: UsageReport, brief: boolean): object {
  const time = formatTime(node.at);
  const fs = diskStats(node.disk, time);
  return {
    nodeName,
    startTime: formatTime(node.startedAt),
    cpu: cpuStats(time, nodeRate, node.cpu),
    memory: { ...memoryStats(time, node.memory), availableBytes: node.memoryAvailable },
    ...(!brief && {
      ...networkStats(node.interfaces, time),
      ...(fs && { fs, runtime: { imageFs: fs, containerFs: fs } }),
      rlimit: { time, maxpid: node.mostProcesses, curproc: node.processes },
    }),
  };
}

function podStats(report: PodReport, node: NodeUsage, brief: boolean, measured: MeasuredDisks): object {
  const volumes = measured.volumes.get(report.pod.uid) ?? [];
  const { pod, containers, interfaces } = report;
  const { at, cpu, cpuRate, memory, processes } = podUsage(report, node.at);
  const time = formatTime(at);
  return {
    podRef: { name: pod.name, namespace: pod.namespace, uid: pod.uid },
    startTime: formatTime(pod.sandboxes[0]!.createdAt),
    containers: containers.map((one) => containerStats(one, node, brief, measured.containers.get(one.container.id))),
    cpu: cpuStats(time, cpuRate, cpu),
    memory: memoryStats(time, memory),
    ...(!brief && { ...networkStats(interfaces, time), process_stats: { process_count: processes } }),
    ...(!brief && volumes.length > 0 && { volume: volumes.map(volumeStats) }),
    ...(!brief && ephemeralStats(report, node, measured, time)),
  };
}

/** What the pod as a whole has written to the node's disk: its containers, and its volumes that have no claim. */
function ephemeralStats(
  { pod, containers }: PodReport,
  node: NodeUsage,
  measured: MeasuredDisks,
  time: string,
): object {
  const fs = diskStats(node.disk, time);
  if (!fs || measured === unmeasured) return {};
  const own = containers.map(({ container }) => measured.containers.get(container.id));
  const volumes = (measured.volumes.get(pod.uid) ?? []).filter(({ claim }) => !claim);
  const used = [...own.map((disk) => (disk?.rootfs ?? 0) + (disk?.logs ?? 0)), ...volumes.map(({ disk }) => disk.used)];
  return { 'ephemeral-storage': { ...withoutUsed(fs), usedBytes: used.reduce((sum, one) => sum + one, 0) } };
}

function volumeStats({ name, at, disk, claim }: VolumeUsage): object {
  return {
    ...diskStats(disk, formatTime(at)),
    name,
    ...(claim && { pvcRef: { name: claim.name, namespace: claim.namespace } }),
  };
}

/** What a pod uses as a whole: its containers and its sandbox. */
export function podUsage(
  { containers, sandbox, sandboxRate }: PodReport,
  now: number,
): ContainerUsage & { cpuRate: number } {
  const all = [...containers.map(({ usage }) => usage), ...(sandbox ? [sandbox] : [])];
  const sum = (read: (usage: ContainerUsage) => number) => all.reduce((total, usage) => total + read(usage), 0);
  const memory = (name: keyof MemoryUsage) => sum((usage) => usage.memory[name]);
  const limits = containers.map(({ usage }) => usage.memory.limit);
  return {
    at: all[0]?.at ?? now,
    cpu: sum(({ cpu }) => cpu),
    cpuRate: containers.reduce((total, { cpuRate }) => total + cpuRate, sandboxRate),
    memory: {
      ...{ usage: memory('usage'), workingSet: memory('workingSet'), rss: memory('rss') },
      ...{ pageFaults: memory('pageFaults'), majorPageFaults: memory('majorPageFaults') },
      limit: limits.includes(0) ? 0 : limits.reduce((total, limit) => total + limit, 0),
    },
    processes: sum(({ processes }) => processes),
  };
}

function containerStats(
  { container, usage, cpuRate }: ContainerReport,
  node: NodeUsage,
  brief: boolean,
  disk: ContainerDisk | undefined,
): object {
  const time = formatTime(usage.at);
  const fs = brief ? undefined : diskStats(node.disk, time);
  return {
    name: container.name,
    startTime: formatTime(container.startedAt ?? container.createdAt),
    cpu: cpuStats(time, cpuRate, usage.cpu),
    memory: memoryStats(time, usage.memory),
    ...(fs && {
      rootfs: { ...withoutUsed(fs), ...(disk && { usedBytes: disk.rootfs }) },
      logs: { ...withoutUsed(fs), ...(disk && { usedBytes: disk.logs }) },
    }),
  };
}

function cpuStats(time: string, rate: number, nanoseconds: number): object {
  return { time, usageNanoCores: rate, usageCoreNanoSeconds: nanoseconds };
}

function memoryStats(time: string, memory: MemoryUsage): object {
  const { usage, workingSet, rss, limit, pageFaults, majorPageFaults } = memory;
  return {
    time,
    ...(limit > 0 && { availableBytes: Math.max(0, limit - workingSet) }),
    ...{ usageBytes: usage, workingSetBytes: workingSet, rssBytes: rss, pageFaults, majorPageFaults },
  };
}

/** The first interface stands for all at the top. */
function networkStats(interfaces: readonly InterfaceUsage[], time: string): object {
  const first = interfaces.find(({ name }) => name === 'eth0') ?? interfaces[0];
  return first ? { network: { time, ...first, interfaces } } : {};
}

interface FsStats {
  time: string;
  availableBytes: number;
  capacityBytes: number;
  usedBytes: number;
  inodesFree: number;
  inodes: number;
  inodesUsed: number;
}

function diskStats(disk: DiskUsage | undefined, time: string): FsStats | undefined {
  if (!disk) return undefined;
  return {
    time,
    ...{ availableBytes: disk.available, capacityBytes: disk.capacity, usedBytes: disk.used },
    ...{ inodesFree: disk.inodesFree, inodes: disk.inodes, inodesUsed: disk.inodes - disk.inodesFree },
  };
}

function withoutUsed({ time, availableBytes, capacityBytes, inodesFree, inodes }: FsStats): object {
  return { time, availableBytes, capacityBytes, inodesFree, inodes };
}

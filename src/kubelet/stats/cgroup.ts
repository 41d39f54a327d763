import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerUsage, MemoryUsage } from '../runtime/runtime.ts';
import type { CgroupFolders } from './cgroup-folders.ts';

/** The texts of a control group's files, by name. What is not there is empty. */
export interface CgroupFiles {
  readonly version: 1 | 2;
  readonly cpu: string;
  readonly memoryUsage: string;
  readonly memoryStat: string;
  readonly memoryLimit: string;
  readonly pids: string;
}

/** Reads what a group has used. @throws Error when the group is gone */
export async function readCgroup(folders: CgroupFolders): Promise<CgroupFiles> {
  const maybe = (path: string) => readFile(path, 'utf8').catch(() => '');
  const { version } = folders;
  const [cpuFolder, memoryFolder, pidsFolder] =
    folders.version === 2
      ? [folders.unified, folders.unified, folders.unified]
      : [folders.cpuacct, folders.memory, folders.pids];
  const [cpu, memoryUsage, memoryStat, memoryLimit, pids] = await Promise.all([
    readFile(join(cpuFolder, version === 2 ? 'cpu.stat' : 'cpuacct.usage'), 'utf8'),
    maybe(join(memoryFolder, version === 2 ? 'memory.current' : 'memory.usage_in_bytes')),
    maybe(join(memoryFolder, 'memory.stat')),
    maybe(join(memoryFolder, version === 2 ? 'memory.max' : 'memory.limit_in_bytes')),
    pidsFolder ? maybe(join(pidsFolder, 'pids.current')) : '',
  ]);
  return { version, cpu, memoryUsage, memoryStat, memoryLimit, pids };
}

/** What the files say. Pure. */
export function cgroupUsage(files: CgroupFiles, at: number): ContainerUsage {
  return { at, cpu: cpuOf(files), memory: memoryOf(files), processes: numberOf(files.pids) };
}

function cpuOf({ version, cpu }: CgroupFiles): number {
  return version === 2 ? fieldOf(cpu, 'usage_usec') * 1000 : numberOf(cpu);
}

/** v1 counts the groups below by the fields that begin with `total_`. */
function memoryOf({ version, memoryUsage, memoryStat, memoryLimit }: CgroupFiles): MemoryUsage {
  const field = (v1: string, v2: string) =>
    version === 2 ? fieldOf(memoryStat, v2) : fieldOf(memoryStat, `total_${v1}`) || fieldOf(memoryStat, v1);
  const usage = numberOf(memoryUsage);
  return {
    usage,
    workingSet: Math.max(0, usage - field('inactive_file', 'inactive_file')),
    rss: field('rss', 'anon'),
    limit: limitOf(memoryLimit),
    pageFaults: field('pgfault', 'pgfault'),
    majorPageFaults: field('pgmajfault', 'pgmajfault'),
  };
}

/** "No limit" is `max`, or a number that no machine has. */
function limitOf(text: string): number {
  const limit = numberOf(text);
  return limit >= 2 ** 62 ? 0 : limit;
}

function numberOf(text: string): number {
  return Number(text.trim()) || 0;
}

function fieldOf(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

import { milliValue, quantityValue } from '../../apimachinery/quantity.ts';

/** What a control group allows, in the units of the kernel. Absent is no limit (of `cpuShares`: as it is). */
export interface CgroupSettings {
  /** As v1 counts: 1024 is a processor. */
  readonly cpuShares?: number | undefined;
  /** Microseconds per 100 milliseconds. */
  readonly cpuQuota?: number | undefined;
  readonly memoryBytes?: number | undefined;
  readonly pids?: number | undefined;
  /** Bytes by the size of the pages as the kernel writes it: `2MB`. */
  readonly hugePages?: Readonly<Record<string, number>> | undefined;
}

/** One file of a control group: of v1 in the folder of its controller. */
export interface CgroupWrite {
  readonly controller: string;
  readonly file: string;
  readonly value: string;
}

/** The kernel's period of CPU quotas, in microseconds. */
const CPU_PERIOD = 100_000;

/** What has to be written for these settings. Pure. */
export function cgroupWrites(settings: CgroupSettings, version: 1 | 2): CgroupWrite[] {
  return version === 1 ? writesOfV1(settings) : writesOfV2(settings);
}

function writesOfV1({ cpuShares, cpuQuota, memoryBytes, pids, hugePages = {} }: CgroupSettings): CgroupWrite[] {
  return [
    ...(cpuShares === undefined ? [] : [write('cpu', 'cpu.shares', cpuShares)]),
    write('cpu', 'cpu.cfs_period_us', CPU_PERIOD),
    write('cpu', 'cpu.cfs_quota_us', cpuQuota ?? -1),
    write('memory', 'memory.limit_in_bytes', memoryBytes ?? -1),
    write('pids', 'pids.max', pids ?? 'max'),
    ...Object.entries(hugePages).map(([size, bytes]) => write('hugetlb', `hugetlb.${size}.limit_in_bytes`, bytes)),
  ];
}

function writesOfV2({ cpuShares, cpuQuota, memoryBytes, pids, hugePages = {} }: CgroupSettings): CgroupWrite[] {
  return [
    ...(cpuShares === undefined ? [] : [write('cpu', 'cpu.weight', weightOf(cpuShares))]),
    write('cpu', 'cpu.max', `${cpuQuota ?? 'max'} ${CPU_PERIOD}`),
    write('memory', 'memory.max', memoryBytes ?? 'max'),
    write('pids', 'pids.max', pids ?? 'max'),
    ...Object.entries(hugePages).map(([size, bytes]) => write('hugetlb', `hugetlb.${size}.max`, bytes)),
  ];
}

function write(controller: string, file: string, value: string | number): CgroupWrite {
  return { controller, file, value: String(value) };
}

/** Shares from 2 to 262144 are weights from 1 to 10000, as runtimes convert them. */
function weightOf(shares: number): number {
  return Math.min(10_000, 1 + Math.floor(((Math.max(2, shares) - 2) * 9_999) / 262_142));
}

/**
 * What all pods of a node together may use: everything but what the node keeps for itself.
 * @param allocatable amounts of `cpu` and `memory`
 */
export function allPodsSettings({ cpu, memory }: Readonly<Record<string, string>>): CgroupSettings {
  return {
    cpuShares: Math.max(2, Math.floor((milliValue(cpu) * 1024) / 1000)),
    memoryBytes: memory === undefined ? undefined : quantityValue(memory),
  };
}

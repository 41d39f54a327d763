import { readdir, readFile, statfs } from 'node:fs/promises';
import { arch, cpus, hostname, release } from 'node:os';
import { Quantity } from '../../apimachinery/quantity.ts';
import { lackingCapabilities } from '../containers/capabilities.ts';

/** What the kubelet tells about its machine. Amounts are bytes. */
export interface MachineInfo {
  readonly cpus: number;
  readonly memory: number;
  readonly memoryAvailable: number;
  readonly disk: number;
  readonly diskAvailable: number;
  readonly pids: number;
  readonly pidsLimit: number;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  /** As Go names it: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly hostname: string;
  /** Capabilities that nobody on this machine can have. */
  readonly lackingCapabilities: readonly string[];
  readonly appArmor: boolean;
  /** As resources: `hugepages-2Mi`, and the amount of all pages of that size. */
  readonly hugePages: Readonly<Record<string, string>>;
}

/** Reads everything from /proc and /sys; what cannot be read is empty or 0. `folder` is on the disk that pods use. */
export async function readMachineInfo(folder: string): Promise<MachineInfo> {
  const read = (path: string) =>
    readFile(path, 'utf8').then(
      (text) => text.trim(),
      () => '',
    );
  const [memory, disk, machineId, systemUuid, bootId, os, load, pidMax, own, lastCapability, appArmor] =
    await Promise.all([
      read('/proc/meminfo'),
      statfs(folder).catch(() => undefined),
      read('/etc/machine-id'),
      read('/sys/class/dmi/id/product_uuid'),
      read('/proc/sys/kernel/random/boot_id'),
      read('/etc/os-release'),
      read('/proc/loadavg'),
      read('/proc/sys/kernel/pid_max'),
      read('/proc/self/status'),
      read('/proc/sys/kernel/cap_last_cap'),
      read('/sys/module/apparmor/parameters/enabled'),
    ]);
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(memory)?.[1] ?? 0);
  return {
    cpus: cpus().length,
    memory: kilobytes('MemTotal') * 1024,
    memoryAvailable: kilobytes('MemAvailable') * 1024,
    disk: disk ? disk.blocks * disk.bsize : 0,
    diskAvailable: disk ? disk.bavail * disk.bsize : 0,
    pids: Number(/\/(\d+)/.exec(load)?.[1] ?? 0),
    pidsLimit: Number(pidMax) || 0,
    machineId,
    systemUuid: systemUuid || machineId,
    bootId,
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?/m.exec(os)?.[1] ?? '',
    architecture: { x64: 'amd64', arm64: 'arm64' }[arch() as string] ?? arch(),
    hostname: hostname(),
    lackingCapabilities: lackingCapabilities(own, Number(lastCapability) || 0),
    appArmor: appArmor === 'Y',
    hugePages: await readHugePages(),
  };
}

const HUGE_PAGES = '/sys/kernel/mm/hugepages';

async function readHugePages(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const folder of await readdir(HUGE_PAGES).catch(() => [])) {
    const kilobytes = Number(/^hugepages-(\d+)kB$/.exec(folder)?.[1] ?? 0);
    const pages = Number(await readFile(`${HUGE_PAGES}/${folder}/nr_hugepages`, 'utf8').catch(() => '0'));
    if (kilobytes > 0) found[`hugepages-${binaryText(kilobytes * 1024)}`] = binaryText(pages * kilobytes * 1024);
  }
  return found;
}

function binaryText(bytes: number): string {
  return new Quantity(BigInt(bytes) * 1_000_000_000n, 'BinarySI').toString();
}

/** A machine that exists only in the mind, for simulated nodes. */
export function simulatedMachine(name: string): MachineInfo {
  const gigabyte = 2 ** 30;
  return {
    cpus: 8,
    memory: 32 * gigabyte,
    memoryAvailable: 24 * gigabyte,
    disk: 100 * gigabyte,
    diskAvailable: 80 * gigabyte,
    pids: 100,
    pidsLimit: 32768,
    machineId: name,
    systemUuid: name,
    bootId: name,
    kernelVersion: 'simulated',
    osImage: 'simulated',
    architecture: 'amd64',
    hostname: name,
    lackingCapabilities: [],
    appArmor: false,
    hugePages: {},
  };
}

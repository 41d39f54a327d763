import type { MachineInfo } from '../node/machine-info.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { NodeUsage } from './node-usage.ts';

/** What a simulated machine uses of itself: a twentieth of a processor. Its memory is that of `simulatedMachine`. */
const OWN_CPU = 50_000_000;
const OWN_MEMORY = 512 * 2 ** 20;

/** What a machine uses that exists only in the mind: what its containers use, and a little for itself. */
export async function simulatedUsage(machine: MachineInfo, runtime: Runtime, now: number): Promise<NodeUsage> {
  const running = runtime.pods().flatMap(({ containers }) => containers.filter((c) => c.state === 'running'));
  const usages = [...(await runtime.usage(running.map(({ id }) => id))).values()];
  const usage = usages.reduce((sum, { memory }) => sum + memory.usage, OWN_MEMORY);
  return {
    at: now,
    cpu: usages.reduce((sum, { cpu }) => sum + cpu, 0),
    cpuRate: usages.reduce((sum, { cpuRate = 0 }) => sum + cpuRate, OWN_CPU),
    memory: { usage, workingSet: usage, rss: usage, limit: 0, pageFaults: 0, majorPageFaults: 0 },
    memoryAvailable: Math.max(0, machine.memory - usage),
    startedAt: 0,
    interfaces: [],
    disk: {
      ...{ available: machine.diskAvailable, capacity: machine.disk, used: machine.disk - machine.diskAvailable },
      ...{ inodes: 1_000_000, inodesFree: 900_000 },
    },
    processes: machine.pids,
    mostProcesses: machine.pidsLimit,
  };
}

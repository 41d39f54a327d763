import { sleep, type Clock } from '../../base/clock.ts';
import type { ContainerState, ContainerUsage, PodState, Runtime } from '../runtime/runtime.ts';
import { CpuRates, type Counted } from './cpu-rates.ts';
import { podInterfaces, type InterfaceUsage, type NodeUsage } from './node-usage.ts';

export interface MonitorOptions {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly node: () => Promise<NodeUsage>;
}

export interface ContainerReport {
  readonly container: ContainerState;
  readonly usage: ContainerUsage;
  /** Nanoseconds of processor time per second. */
  readonly cpuRate: number;
}

export interface PodReport {
  readonly pod: PodState;
  readonly containers: readonly ContainerReport[];
  /** Of the sandbox, which counts for the pod and for none of its containers. */
  readonly sandbox: ContainerUsage | undefined;
  readonly sandboxRate: number;
  readonly interfaces: readonly InterfaceUsage[];
}

/** What node and pods use at a moment. */
export interface UsageReport {
  readonly node: NodeUsage;
  readonly nodeRate: number;
  readonly pods: readonly PodReport[];
}

/** The name under which the machine itself is measured. */
const MACHINE = '';
/** Milliseconds between the two readings that a first question takes. */
const PAUSE = 500;
/** Milliseconds for which what was read is what is told. */
const FRESH = 1_000;

/** Measures what the node's pods use, when somebody asks: without questions it costs nothing. */
export class UsageMonitor {
  readonly #options: MonitorOptions;
  readonly #rates = new CpuRates();
  #reading: Promise<UsageReport> | undefined;
  #last: UsageReport | undefined;

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  /** Those who ask at the same time, or soon after, get the same answer. */
  report(): Promise<UsageReport> {
    if (this.#last && Math.abs(this.#options.clock.now() - this.#last.node.at) < FRESH)
      return Promise.resolve(this.#last);
    this.#reading ??= this.#measure().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #measure(): Promise<UsageReport> {
    let counters = await this.#read();
    let rates = this.#rates.measure(countedOf(counters));
    if (rates.size < countedOf(counters).length) {
      await sleep(this.#options.clock, PAUSE);
      counters = await this.#read();
      rates = this.#rates.measure(countedOf(counters), 1);
    }
    this.#last = reportOf(counters, rates);
    return this.#last;
  }

  async #read(): Promise<Counters> {
    const { runtime, node } = this.#options;
    const pods = runtime.pods().filter((pod) => pod.sandboxes[0]?.ready);
    const ids = pods.flatMap((pod) => [pod.sandboxes[0]!.id, ...runningOf(pod).map(({ id }) => id)]);
    const [usages, machine] = await Promise.all([runtime.usage(ids), node()]);
    const interfaces = await Promise.all(pods.map((pod) => interfacesOf(pod)));
    return { pods, usages, machine, interfaces };
  }
}

interface Counters {
  readonly pods: readonly PodState[];
  readonly usages: ReadonlyMap<string, ContainerUsage>;
  readonly machine: NodeUsage;
  readonly interfaces: readonly (readonly InterfaceUsage[])[];
}

/** Pods on the host's network have no interfaces of their own. */
async function interfacesOf({ sandboxes: [sandbox] }: PodState): Promise<InterfaceUsage[]> {
  return sandbox!.hostNetwork ? [] : podInterfaces(sandbox!.netns);
}

function runningOf(pod: PodState): ContainerState[] {
  return pod.containers.filter((c) => c.state === 'running');
}

function countedOf({ pods, usages, machine }: Counters): Counted[] {
  const all = pods.flatMap((pod) => [
    { id: pod.sandboxes[0]!.id, startedAt: pod.sandboxes[0]!.createdAt },
    ...runningOf(pod).map(({ id, startedAt, createdAt }) => ({ id, startedAt: startedAt ?? createdAt })),
  ]);
  const counted = all.flatMap(({ id, startedAt }) => {
    const usage = usages.get(id);
    return usage ? [{ id, startedAt, at: usage.at, cpu: usage.cpu, cpuRate: usage.cpuRate }] : [];
  });
  const { at, cpu, cpuRate, startedAt } = machine;
  return [{ id: MACHINE, at, cpu, cpuRate, startedAt }, ...counted];
}

function reportOf({ pods, usages, machine, interfaces }: Counters, rates: ReadonlyMap<string, number>): UsageReport {
  const rateOf = (id: string) => rates.get(id) ?? 0;
  return {
    node: machine,
    nodeRate: rateOf(MACHINE),
    pods: pods.map((pod, i) => {
      const { id } = pod.sandboxes[0]!;
      const containers = runningOf(pod).flatMap((container) => {
        const usage = usages.get(container.id);
        return usage ? [{ container, usage, cpuRate: rateOf(container.id) }] : [];
      });
      return { pod, containers, sandbox: usages.get(id), sandboxRate: rateOf(id), interfaces: interfaces[i]! };
    }),
  };
}

import type { MachineInfo } from '../node/machine-info.ts';
import type { ContainerUsage } from '../runtime/runtime.ts';
import { metricText, type MetricFamily, type Sample } from './metric-text.ts';
import type { PodReport, UsageReport } from './monitor.ts';
import type { InterfaceUsage } from './node-usage.ts';

/** What `/metrics/cadvisor` answers, under the names and labels that dashboards know. Pods without containers' names are whole pods. */
export function cadvisorMetrics(report: UsageReport, machine: MachineInfo): string {
  return metricText([...containerFamilies(report), ...networkFamilies(report), ...machineFamilies(machine)]);
}

interface Measured {
  readonly labels: Readonly<Record<string, string>>;
  readonly usage: ContainerUsage;
  readonly startedAt: number;
}

function containerFamilies({ pods }: UsageReport): MetricFamily[] {
  const all = pods.flatMap(measuredOf);
  const family = (type: MetricFamily['type'], name: string, help: string, read: (one: Measured) => number) => {
    const samples = all.map((one): Sample => ({ labels: one.labels, value: read(one), at: one.usage.at }));
    return { name, help, type, samples };
  };
  const memory = (name: string, help: string, read: (usage: ContainerUsage['memory']) => number) =>
    family('gauge', `container_memory_${name}`, help, ({ usage }) => read(usage.memory));
  return [
    family('counter', 'container_cpu_usage_seconds_total', 'Processor time in seconds', ({ usage }) => usage.cpu / 1e9),
    memory('working_set_bytes', 'Working set in bytes', (m) => m.workingSet),
    memory('usage_bytes', 'Memory in use in bytes, with caches', (m) => m.usage),
    memory('rss', 'Anonymous memory in bytes', (m) => m.rss),
    memory('cache', 'Pages of files in bytes', (m) => Math.max(0, m.usage - m.rss)),
    family('gauge', 'container_spec_memory_limit_bytes', 'Most memory, 0 for no limit', (o) => o.usage.memory.limit),
    family('gauge', 'container_processes', 'Number of processes', ({ usage }) => usage.processes),
    family('gauge', 'container_start_time_seconds', 'Start in seconds since the epoch', (o) => o.startedAt / 1000),
    family('gauge', 'container_last_seen', 'Last reading in seconds since the epoch', (o) => o.usage.at / 1000),
  ];
}

function measuredOf({ pod, containers, sandbox }: PodReport): Measured[] {
  const of = { namespace: pod.namespace, pod: pod.name };
  const named = containers.map(({ container, usage }) => ({
    labels: {
      container: container.name,
      id: `/docker/${container.id}`,
      image: container.image,
      name: container.id,
      ...of,
    },
    usage,
    startedAt: container.startedAt ?? container.createdAt,
  }));
  const [holder] = pod.sandboxes;
  if (!sandbox || !holder) return named;
  const labels = { container: 'POD', id: `/docker/${holder.id}`, image: '', name: holder.id, ...of };
  return [...named, { labels, usage: sandbox, startedAt: holder.createdAt }];
}

/** Traffic belongs to the pod, that is, to its sandbox. */
function networkFamilies({ pods, node }: UsageReport): MetricFamily[] {
  const all = pods.flatMap(({ pod, interfaces }) => interfaces.map((one) => ({ pod, one })));
  const family = (name: string, help: string, read: (one: InterfaceUsage) => number): MetricFamily => ({
    name: `container_network_${name}_total`,
    help,
    type: 'counter',
    samples: all.map(({ pod, one }) => ({
      labels: { interface: one.name, namespace: pod.namespace, pod: pod.name },
      value: read(one),
      at: node.at,
    })),
  });
  return [
    family('receive_bytes', 'Bytes received', (one) => one.rxBytes),
    family('receive_errors', 'Errors while receiving', (one) => one.rxErrors),
    family('transmit_bytes', 'Bytes sent', (one) => one.txBytes),
    family('transmit_errors', 'Errors while sending', (one) => one.txErrors),
  ];
}

function machineFamilies({ cpus, memory, machineId, systemUuid, bootId }: MachineInfo): MetricFamily[] {
  const labels = { boot_id: bootId, machine_id: machineId, system_uuid: systemUuid };
  const gauge = (name: string, help: string, value: number): MetricFamily => ({
    ...{ name, help, type: 'gauge', samples: [{ labels, value }] },
  });
  return [
    gauge('machine_cpu_cores', 'Number of logical processors', cpus),
    gauge('machine_memory_bytes', 'Memory of the machine in bytes', memory),
  ];
}

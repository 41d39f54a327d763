import type { ContainerUsage } from '../runtime/runtime.ts';
import type { MetricFamily, Sample } from './metric-text.ts';
import { metricText } from './metric-text.ts';
import type { UsageReport } from './monitor.ts';
import { podUsage } from './summary.ts';

/** What `/metrics/resource` answers: what metrics-server reads. Names as in the reference of Kubernetes' metrics. */
export function resourceMetrics(report: UsageReport): string {
  return metricText([...containerFamilies(report), ...nodeFamilies(report), ...podFamilies(report), noError]);
}

const noError: MetricFamily = {
  name: 'resource_scrape_error',
  help: '1 if what the containers use could not be read, else 0',
  type: 'gauge',
  samples: [{ labels: {}, value: 0 }],
};

const seconds = ({ cpu }: { cpu: number }) => cpu / 1e9;
const workingSet = ({ memory }: Pick<ContainerUsage, 'memory'>) => memory.workingSet;

function containerFamilies({ pods }: UsageReport): MetricFamily[] {
  const all = pods.flatMap(({ pod, containers }) => containers.map((one) => ({ ...one, pod })));
  const samples = (read: (usage: ContainerUsage) => number, timed = true): Sample[] =>
    all.map(({ container, usage, pod }) => ({
      labels: { container: container.name, namespace: pod.namespace, pod: pod.name },
      value: read(usage),
      ...(timed && { at: usage.at }),
    }));
  const started = all.map(({ container, pod }) => ({
    labels: { container: container.name, namespace: pod.namespace, pod: pod.name },
    value: (container.startedAt ?? container.createdAt) / 1000,
  }));
  return [
    counter('container_cpu_usage_seconds_total', 'Processor time of the container in seconds', samples(seconds)),
    gauge('container_memory_working_set_bytes', 'Working set of the container in bytes', samples(workingSet)),
    gauge('container_start_time_seconds', 'When the container was started, in seconds since the epoch', started),
  ];
}

function nodeFamilies({ node }: UsageReport): MetricFamily[] {
  const one = (value: number) => [{ labels: {}, value, at: node.at }];
  return [
    counter('node_cpu_usage_seconds_total', 'Processor time of the node in seconds', one(seconds(node))),
    gauge('node_memory_working_set_bytes', 'Working set of the node in bytes', one(workingSet(node))),
  ];
}

function podFamilies({ pods, node }: UsageReport): MetricFamily[] {
  const all = pods.map((report) => ({ pod: report.pod, usage: podUsage(report, node.at) }));
  const samples = (read: (usage: ContainerUsage) => number) =>
    all.map(({ pod, usage }) => ({
      labels: { namespace: pod.namespace, pod: pod.name },
      value: read(usage),
      at: usage.at,
    }));
  return [
    counter('pod_cpu_usage_seconds_total', 'Processor time of the pod in seconds', samples(seconds)),
    gauge('pod_memory_working_set_bytes', 'Working set of the pod in bytes', samples(workingSet)),
  ];
}

function counter(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { name, help, type: 'counter', samples };
}

function gauge(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { name, help, type: 'gauge', samples };
}

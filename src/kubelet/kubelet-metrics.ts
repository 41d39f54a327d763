import { metricText, type MetricFamily } from './stats/metric-text.ts';
import type { ContainerState, Runtime } from './runtime/runtime.ts';

export interface KubeletFacts {
  readonly nodeName: string;
  /** `v1.36.0`. */
  readonly version: string;
  readonly runtime: Runtime;
  /** How many pods are looked after. */
  readonly workers: number;
}

/** The kubelet's own metrics, counted when somebody asks, under the names of the reference of Kubernetes' metrics. */
export function kubeletMetrics({ nodeName, version, runtime, workers }: KubeletFacts): string {
  const pods = runtime.pods();
  const states = Object.entries(countStates(pods.flatMap(({ containers }) => containers)));
  const running = pods.filter(({ sandboxes }) => sandboxes.some(({ ready }) => ready)).length;
  return metricText([
    gauge('kubernetes_build_info', 'Which version this is', [{ labels: buildLabels(version), value: 1 }]),
    gauge('kubelet_node_name', 'The name of the node; always 1', [{ labels: { node: nodeName }, value: 1 }]),
    gauge('kubelet_running_pods', 'Pods that have a running sandbox', [{ labels: {}, value: running }]),
    gauge(
      'kubelet_running_containers',
      'Containers by state',
      states.map(([state, value]) => ({ labels: { container_state: state }, value })),
    ),
    gauge('kubelet_working_pods', 'Pods that the kubelet looks after', [{ labels: {}, value: workers }]),
  ]);
}

function buildLabels(version: string): Record<string, string> {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  return { git_version: version, major, minor, platform: 'linux' };
}

function countStates(containers: readonly ContainerState[]): Record<ContainerState['state'], number> {
  const counts = { created: 0, running: 0, exited: 0 };
  for (const { state } of containers) counts[state]++;
  return counts;
}

function gauge(name: string, help: string, samples: MetricFamily['samples']): MetricFamily {
  return { name, help, type: 'gauge', samples };
}

import { MetricRegistry } from '../base/metrics.ts';
import type { ContainerState, Runtime } from './runtime/runtime.ts';
import type { VolumeUsage } from './stats/volume-usage.ts';

/** What is looked at when somebody asks. */
export interface KubeletFacts {
  readonly nodeName: string;
  /** `v1.36.0`. */
  readonly version: string;
  readonly runtime: Runtime;
  /** How many pods are looked after, and how many of those are the node's own. */
  readonly pods: () => { readonly all: number; readonly static: number };
}

/** Seconds. */
const durations = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const storageDurations = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 25, 50, 120, 300, 600];
/** As of `requestLabels` of the endpoint. */
const requestLabels = ['method', 'path', 'server_type', 'long_running'];
const startDurations = [
  0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600,
];

const claimFigures = [
  ['capacity_bytes', 'Capacity in bytes of the volume of a claim', ({ capacity }) => capacity],
  ['available_bytes', 'Bytes that are free', ({ available }) => available],
  ['used_bytes', 'Bytes that are used', ({ used }) => used],
  ['inodes', 'Inodes that there are', ({ inodes }) => inodes],
  ['inodes_free', 'Inodes that are free', ({ inodesFree }) => inodesFree],
  ['inodes_used', 'Inodes that are used', ({ inodes, inodesFree }) => inodes - inodesFree],
] as const satisfies readonly [string, string, (disk: VolumeUsage['disk']) => number][];

/** The kubelet's own metrics, under the names of the reference of Kubernetes' metrics. */
export class KubeletMetrics {
  readonly #facts: KubeletFacts;
  readonly #registry = new MetricRegistry();
  readonly #running: ReturnType<MetricRegistry['gauge']>;
  readonly #claims: ReturnType<MetricRegistry['gauge']>[];

  readonly operations = this.#registry.counter(
    'kubelet_runtime_operations_total',
    'What the container runtime was asked to do',
    ['operation_type'],
  );
  readonly operationErrors = this.#registry.counter(
    'kubelet_runtime_operations_errors_total',
    'What the container runtime could not do',
    ['operation_type'],
  );
  readonly operationSeconds = this.#registry.histogram(
    'kubelet_runtime_operations_duration_seconds',
    'How long the container runtime took',
    ['operation_type'],
    durations,
  );
  readonly startedPods = this.#registry.counter('kubelet_started_pods_total', 'Sandboxes that were started');
  readonly startedPodErrors = this.#registry.counter(
    'kubelet_started_pods_errors_total',
    'Sandboxes that could not be started',
  );
  readonly startedContainers = this.#registry.counter(
    'kubelet_started_containers_total',
    'Containers that were started',
    ['container_type'],
  );
  readonly startedContainerErrors = this.#registry.counter(
    'kubelet_started_containers_errors_total',
    'Containers that could not be started',
    ['container_type', 'code'],
  );
  readonly podStartSeconds = this.#registry.histogram(
    'kubelet_pod_start_duration_seconds',
    'From the first sight of a pod until it runs',
    [],
    startDurations,
  );
  readonly workerSeconds = this.#registry.histogram(
    'kubelet_pod_worker_duration_seconds',
    'How long one look at a pod took',
    ['operation_type'],
    durations,
  );
  readonly httpRequests = this.#registry.counter(
    'kubelet_http_requests_total',
    'Requests to the endpoint of the kubelet',
    requestLabels,
  );
  readonly httpSeconds = this.#registry.histogram(
    'kubelet_http_requests_duration_seconds',
    'How long answers took',
    requestLabels,
    durations,
  );
  readonly httpInFlight = this.#registry.gauge(
    'kubelet_http_inflight_requests',
    'Requests that are being answered',
    requestLabels,
  );
  readonly storageSeconds = this.#registry.histogram(
    'storage_operation_duration_seconds',
    'How long it took to set up a volume',
    ['migrated', 'operation_name', 'status', 'volume_plugin'],
    storageDurations,
  );
  readonly evictions = this.#registry.counter('kubelet_evictions', 'Pods that were evicted', ['eviction_signal']);

  constructor(facts: KubeletFacts) {
    this.#facts = facts;
    const registry = this.#registry;
    const { nodeName, version, runtime } = facts;
    const labels = buildLabels(version);
    const build = registry.gauge('kubernetes_build_info', 'Which version this is', Object.keys(labels));
    build.labels(...Object.values(labels)).inc();
    registry.gauge('kubelet_node_name', 'The name of the node; always 1', ['node']).labels(nodeName).inc();
    const pods = registry.gauge('kubelet_running_pods', 'Pods that have a running sandbox');
    pods.live([], () => runtime.pods().filter(({ sandboxes }) => sandboxes.some(({ ready }) => ready)).length);
    const ofKind = (name: string, help: string) => {
      const family = registry.gauge(name, help, ['static']);
      family.live(['true'], () => facts.pods().static);
      family.live(['false'], () => facts.pods().all - facts.pods().static);
    };
    ofKind('kubelet_desired_pods', 'Pods that should run here');
    ofKind('kubelet_active_pods', 'Pods that the kubelet looks after');
    registry.gauge('kubelet_working_pods', 'Pods that have a worker').live([], () => facts.pods().all);
    registry
      .gauge('kubelet_mirror_pods', "Pods in the API that show the node's own")
      .live([], () => facts.pods().static);
    this.#running = registry.gauge('kubelet_running_containers', 'Containers by state', ['container_state']);
    this.#claims = claimFigures.map(([name, help]) =>
      registry.gauge(`kubelet_volume_stats_${name}`, help, ['namespace', 'persistentvolumeclaim']),
    );
  }

  /** @param volumes what the volumes of all pods take */
  render(volumes: Iterable<VolumeUsage>): string {
    const states = countStates(this.#facts.runtime.pods().flatMap(({ containers }) => containers));
    for (const [state, count] of Object.entries(states)) this.#running.labels(state).value = count;
    for (const family of this.#claims) family.reset();
    for (const { claim, disk } of volumes) if (claim) this.#tellClaim(claim, disk);
    return this.#registry.render();
  }

  #tellClaim({ namespace, name }: NonNullable<VolumeUsage['claim']>, disk: VolumeUsage['disk']): void {
    for (const [i, [, , figure]] of claimFigures.entries()) {
      this.#claims[i]!.labels(namespace, name).value = figure(disk);
    }
  }
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

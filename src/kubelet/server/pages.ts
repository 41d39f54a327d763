import type { Pod } from '../../api/core-v1/pod.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { queryFlag } from '../../apimachinery/query-flag.ts';
import type { MachineInfo } from '../node/machine-info.ts';
import type { PodState, Runtime } from '../runtime/runtime.ts';
import { cadvisorMetrics } from '../stats/cadvisor-metrics.ts';
import type { ContainerDisks } from '../stats/container-disk.ts';
import type { UsageMonitor, UsageReport } from '../stats/monitor.ts';
import { resourceMetrics } from '../stats/resource-metrics.ts';
import { summaryOf, type MeasuredDisks } from '../stats/summary.ts';
import type { VolumeUsage, VolumeUsages } from '../stats/volume-usage.ts';

/** What the pages of the endpoint tell about. */
export interface PageSources {
  readonly nodeName: string;
  readonly runtime: Runtime;
  readonly monitor: UsageMonitor;
  /** Undefined on simulated nodes: pods have no files. */
  readonly volumes?: VolumeUsages | undefined;
  /** The same. */
  readonly disks?: ContainerDisks | undefined;
  readonly machine: () => MachineInfo;
  /** The kubelet's own metrics, as text, with those of the volumes of claims. */
  readonly metrics: (volumes: Iterable<VolumeUsage>) => string;
  /** How probes went, as metrics. */
  readonly probeMetrics: () => string;
  /** The pods of this node as the API has them. */
  readonly pods: () => readonly Pod[];
  /** How the kubelet is set, in the shape of `KubeletConfiguration`. */
  readonly configuration: () => object;
  /** Why the node is not well; undefined when it is. */
  readonly healthy: () => string | undefined;
}

/** An answer: text, or an object that goes as JSON. */
export interface PageAnswer {
  readonly code: number;
  readonly body: string | object;
}

type Page = (sources: PageSources, query: URLSearchParams) => PageAnswer | Promise<PageAnswer>;

const ok = (body: string | object): PageAnswer => ({ code: 200, body });

const health: Page = ({ healthy }) => {
  const problem = healthy();
  return problem ? { code: 500, body: problem } : ok('ok');
};

/** By path. */
const pages: Readonly<Record<string, Page>> = {
  '/healthz': health,
  '/livez': health,
  '/readyz': health,
  '/healthz/ping': () => ok('ok'),
  '/healthz/log': () => ok('ok'),
  '/healthz/syncloop': health,
  '/pods': ({ pods }) => ok(podList(pods())),
  '/runningpods': ({ runtime }) => ok(podList(runtime.pods().filter(isRunning).map(runningPod))),
  '/configz': ({ configuration }) => ok({ kubeletconfig: configuration() }),
  '/metrics': async ({ metrics, volumes, runtime }) => {
    const measured = await volumes?.of(runtime.pods().map(({ uid }) => uid));
    return ok(metrics([...(measured?.values() ?? [])].flat()));
  },
  '/metrics/probes': ({ probeMetrics }) => ok(probeMetrics()),
  '/metrics/resource': async ({ monitor }) => ok(resourceMetrics(await monitor.report())),
  '/metrics/cadvisor': async ({ monitor, machine }) => ok(cadvisorMetrics(await monitor.report(), machine())),
  '/stats/summary': async ({ monitor, nodeName, volumes, disks }, query) => {
    const brief = queryFlag(query.get('only_cpu_and_memory'));
    const report = await monitor.report();
    const measured = brief || !volumes ? undefined : await measuredDisks(report, volumes, disks);
    return ok(summaryOf(nodeName, report, brief, measured));
  },
};

/** The page at a path, if there is one. */
export function pageAt(path: string): Page | undefined {
  const name = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  return Object.hasOwn(pages, name) ? pages[name] : undefined;
}

async function measuredDisks(
  { pods }: UsageReport,
  volumes: VolumeUsages,
  disks: ContainerDisks | undefined,
): Promise<MeasuredDisks> {
  const ids = pods.flatMap(({ containers }) => containers.map(({ container }) => container.id));
  return {
    volumes: await volumes.of(pods.map(({ pod }) => pod.uid)),
    containers: (await disks?.of(ids)) ?? new Map(),
  };
}

function podList(items: readonly object[]): object {
  return { kind: 'PodList', apiVersion: 'v1', metadata: {}, items };
}

function isRunning({ containers }: PodState): boolean {
  return containers.some(({ state }) => state === 'running');
}

/** A pod as the runtime knows it, whatever the API says. */
function runningPod({ uid, name, namespace, containers, sandboxes }: PodState): object {
  const running = containers.filter(({ state }) => state === 'running');
  const created = sandboxes[0] && formatTime(sandboxes[0].createdAt);
  return {
    metadata: { name, namespace, uid, ...(created && { creationTimestamp: created }) },
    spec: { containers: running.map((c) => ({ name: c.name, image: c.image, resources: {} })) },
    status: {},
  };
}

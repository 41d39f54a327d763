import { node as nodeKind, type Node } from '../../api/core-v1/node.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { nodeMetrics, type NodeMetrics, type Usage } from '../../api/metrics-v1beta1/node-metrics.ts';
import { podMetrics, type PodMetrics } from '../../api/metrics-v1beta1/pod-metrics.ts';
import type { KubeObject, ObjectMeta } from '../../apimachinery/object.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import { Quantity } from '../../apimachinery/quantity.ts';
import type { Storage } from '../../storage/storage.ts';
import type { ComputedQuery, RegistryExtension } from '../registry/extensions/extension.ts';
import { collectionPrefix, objectKey } from '../registry/registry.ts';
import type { NodeSummary, UsageSource, UsageStats } from './usage-source.ts';

/** Over how long kubelets measure, about. */
const WINDOW = '15s';
const API_VERSION = 'metrics.k8s.io/v1beta1';

/**
 * metrics.k8s.io served by the API server itself, so that `kubectl top` and autoscalers work out of the box: what is not
 * stored but asked of the kubelets concerned. Nodes and pods that nobody can tell of are left out, as metrics-server does.
 */
export function resourceMetrics(storage: Storage, usage: UsageSource | undefined): RegistryExtension[] {
  return [
    { kind: nodeMetrics, computed: async (wanted) => (usage ? ofNodes(storage, usage, wanted) : []) },
    { kind: podMetrics, computed: async (wanted) => (usage ? ofPods(storage, usage, wanted) : []) },
  ];
}

async function ofNodes(storage: Storage, usage: UsageSource, wanted: ComputedQuery): Promise<NodeMetrics[]> {
  const nodes = await stored<Node>(storage, nodeKind, { ...wanted, namespace: '' });
  const summaries = await Promise.all(nodes.map(({ metadata }) => usage.summary(metadata.name)));
  return nodes.flatMap((node, i) => metricsOfNode(node, summaries[i]) ?? []);
}

async function ofPods(storage: Storage, usage: UsageSource, wanted: ComputedQuery): Promise<PodMetrics[]> {
  const pods = (await stored<Pod>(storage, podKind, wanted)).filter(({ spec, status }) => {
    return spec?.nodeName && status?.phase === 'Running';
  });
  const names = [...new Set(pods.map(({ spec }) => spec!.nodeName!))];
  const summaries = await Promise.all(names.map((name) => usage.summary(name)));
  const byUid = new Map(summaries.flatMap((summary) => (summary?.pods ?? []).map((pod) => [pod.podRef.uid, pod])));
  return pods.flatMap((pod) => metricsOfPod(pod, byUid.get(pod.metadata.uid)) ?? []);
}

async function stored<T extends KubeObject>(
  storage: Storage,
  kind: Kind<T>,
  { namespace, name }: ComputedQuery,
): Promise<T[]> {
  if (name) {
    const entry = await storage.get(objectKey({ kind, namespace, name }), { atLeast: 0 });
    return entry ? [entry.object as T] : [];
  }
  const prefix = collectionPrefix({ kind, namespace });
  return (await storage.list(prefix, { freshness: { atLeast: 0 } })).entries.map(({ object }) => object as T);
}

/** What its kubelet says of a node; undefined when that says nothing. */
export function metricsOfNode(node: Node, summary: NodeSummary | undefined): NodeMetrics | undefined {
  const usage = usageOf(summary?.node);
  if (!usage) return undefined;
  const timestamp = summary!.node.cpu!.time;
  return { kind: 'NodeMetrics', ...headOf(node.metadata, timestamp), timestamp, window: WINDOW, usage };
}

/** What its kubelet says of a pod; undefined until that knows all of its containers. */
export function metricsOfPod(pod: Pod, stats: NodeSummary['pods'][number] | undefined): PodMetrics | undefined {
  const containers = (stats?.containers ?? []).map(({ name, ...rest }) => ({ name, usage: usageOf(rest), of: rest }));
  if (containers.length === 0 || containers.some(({ usage }) => !usage)) return undefined;
  const timestamp = containers[0]!.of.cpu!.time;
  return {
    ...{ kind: 'PodMetrics', ...headOf(pod.metadata, timestamp), timestamp, window: WINDOW },
    containers: containers.map(({ name, usage }) => ({ name, usage: usage! })),
  };
}

function headOf({ name, namespace, labels }: ObjectMeta, creationTimestamp: string) {
  const metadata = { name, ...(namespace && { namespace }), creationTimestamp, ...(labels && { labels }) };
  return { apiVersion: API_VERSION, metadata: metadata as ObjectMeta };
}

function usageOf(stats: UsageStats | undefined): Usage | undefined {
  const { usageNanoCores: cpu } = stats?.cpu ?? {};
  const { workingSetBytes: memory } = stats?.memory ?? {};
  if (cpu === undefined || memory === undefined) return undefined;
  const bytes = BigInt(memory - (memory % 1024)) * 1_000_000_000n;
  return { cpu: new Quantity(BigInt(cpu)).toString(), memory: new Quantity(bytes, 'BinarySI').toString() };
}

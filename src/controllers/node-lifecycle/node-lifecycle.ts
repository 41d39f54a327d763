import { lease as leaseKind, type Lease } from '../../api/coordination-v1/lease.ts';
import { node as nodeKind, type Node } from '../../api/core-v1/node.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { controller, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { findCondition, withCondition } from '../conditions.ts';
import { isPodReady } from '../pod-state.ts';
import { semanticEqual } from '../semantic-equal.ts';
import { heard, silentAt, silentConditions, type Heartbeat } from './health.ts';
import { desiredTaints } from './taints.ts';

/** Where kubelets renew their leases. */
const LEASE_NAMESPACE = 'kube-node-lease';
/** Name of the index of pods by the node that they are assigned to. */
export const nodeIndex = 'pods-by-node';

/** The index function of `nodeIndex`. */
export function assignedNode(pod: Pod): string[] {
  return pod.spec?.nodeName ? [pod.spec.nodeName] : [];
}

/** Notices nodes that fall silent, keeps the taints that go with a node's conditions, and marks the pods of nodes that are not ready. */
export const nodeLifecycleController: Controller = {
  name: 'node-lifecycle-controller',
  start(dependencies) {
    const heartbeats = new Map<string, Heartbeat>();
    return controller<Node>({
      name: 'node-lifecycle-controller',
      for: nodeKind,
      watches: [
        { kind: leaseKind, keys: leaseKeys },
        { kind: podKind, indexes: { [nodeIndex]: assignedNode }, keys: readyPodOfNode },
      ],
      workers: 4,
      reconcile: (key, context) => reconcile(key, context, heartbeats),
    }).start(dependencies);
  },
};

function leaseKeys({ metadata }: Lease): string[] {
  return metadata.namespace === LEASE_NAMESPACE ? [metadata.name] : [];
}

/** A pod may be reported ready although its node is not: then the node has to be looked at again. */
function readyPodOfNode(changed: Pod, reader: ReconcileContext['reader']): string[] {
  if (!isPodReady(changed)) return [];
  return assignedNode(changed).filter((name) => {
    const node = reader.get(nodeKind, name);
    return node !== undefined && !isNodeReady(node);
  });
}

function isNodeReady(node: Node): boolean {
  return findCondition(node.status?.conditions, 'Ready')?.status === 'True';
}

async function reconcile(
  key: string,
  context: ReconcileContext,
  heartbeats: Map<string, Heartbeat>,
): Promise<void | { after: number }> {
  const { reader, clock } = context;
  const node = reader.get(nodeKind, key);
  if (!node) return void heartbeats.delete(key);
  const now = clock.now();
  const heartbeat = heard(
    heartbeats.get(key),
    node,
    reader.get(leaseKind, { namespace: LEASE_NAMESPACE, name: key }),
    now,
  );
  heartbeats.set(key, heartbeat);
  const deadline = silentAt(node, heartbeat);
  const known = now >= deadline ? await markSilent(node, context) : node;
  const tainted = await writeTaints(known, context);
  if (findCondition(tainted.status?.conditions, 'Ready') && !isNodeReady(tainted)) await markPods(tainted, context);
  return now >= deadline ? undefined : { after: deadline - now };
}

async function markSilent(node: Node, { client, clock, events }: ReconcileContext): Promise<Node> {
  const conditions = silentConditions(node, clock.now());
  if (semanticEqual(conditions, node.status?.conditions)) return node;
  const marked = await client.updateStatus(nodeKind, { ...node, status: { ...node.status, conditions } });
  const { name } = node.metadata;
  events.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
  return marked;
}

async function writeTaints(node: Node, { client, clock }: ReconcileContext): Promise<Node> {
  const taints = desiredTaints(node, clock.now());
  if (semanticEqual(taints, node.spec?.taints)) return node;
  const { uid, resourceVersion } = node.metadata;
  return client.patch(nodeKind, node.metadata, 'merge', { metadata: { uid, resourceVersion }, spec: { taints } });
}

/** Nobody can reach these pods through a service any more, so they are not ready, whatever they last said. */
async function markPods(node: Node, { reader, client, clock, events }: ReconcileContext): Promise<void> {
  for (const pod of reader.byIndex(podKind, nodeIndex, node.metadata.name)) {
    if (!isPodReady(pod)) continue;
    const lastTransitionTime = formatTime(clock.now());
    const ready = pod.status!.conditions!.find(({ type }) => type === 'Ready')!;
    const conditions = withCondition(pod.status!.conditions, { ...ready, status: 'False', lastTransitionTime });
    try {
      await client.updateStatus(podKind, { ...pod, status: { ...pod.status, conditions } });
      events.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }
}

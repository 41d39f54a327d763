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
import { missingLabels } from './labels.ts';
import { desiredTaints, isGivenUp } from './taints.ts';
import { Zones } from './zones.ts';

/** Where kubelets renew their leases. */
const LEASE_NAMESPACE = 'kube-node-lease';
/** Milliseconds between two looks at a node that is not ready. */
const PERIOD = 5000;
/** Name of the index of pods by the node that they are assigned to. */
export const nodeIndex = 'pods-by-node';

/** The index function of `nodeIndex`. */
export function assignedNode(pod: Pod): string[] {
  return pod.spec?.nodeName ? [pod.spec.nodeName] : [];
}

/** What is known of nodes besides their objects. A new controller starts without: it gives every node its time. */
interface Memory {
  readonly heartbeats: Map<string, Heartbeat>;
  readonly registered: Map<string, Node>;
  readonly zones: Zones;
}

/** Notices nodes that fall silent, keeps the taints that go with a node's conditions, and marks the pods of nodes that are not ready. */
export const nodeLifecycleController: Controller = {
  name: 'node-lifecycle-controller',
  start(dependencies) {
    const memory: Memory = { heartbeats: new Map(), registered: new Map(), zones: new Zones() };
    return controller<Node>({
      name: 'node-lifecycle-controller',
      for: nodeKind,
      watches: [
        { kind: leaseKind, keys: leaseKeys },
        { kind: podKind, indexes: { [nodeIndex]: assignedNode }, keys: readyPodOfNode },
      ],
      workers: 4,
      reconcile: (key, context) => reconcile(key, context, memory),
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

async function reconcile(key: string, context: ReconcileContext, memory: Memory): Promise<void | { after: number }> {
  const { reader, clock } = context;
  const node = reader.get(nodeKind, key);
  register(key, node, memory, context);
  if (!node) return forget(key, memory);
  // Silence is measured by a clock that nobody sets, and that stands still while the machine sleeps.
  const now = clock.monotonic();
  const lease = reader.get(leaseKind, { namespace: LEASE_NAMESPACE, name: key });
  const heartbeat = heard(memory.heartbeats.get(key), node, lease, now);
  memory.heartbeats.set(key, heartbeat);
  const deadline = silentAt(node, lease, heartbeat);
  const known = now >= deadline ? await markSilent(node, context) : node;
  const ready = isNodeReady(known);
  // How a node's zone does is not known before all nodes of it are.
  if (memory.zones.empty) for (const other of reader.list(nodeKind)) memory.zones.note(other, isNodeReady(other));
  memory.zones.note(known, ready);
  const giveUp = !ready && memory.zones.mayGiveUp(key, isGivenUp(known), now);
  const kept = await writeTaintsAndLabels(known, giveUp, context);
  if (ready) return { after: deadline - now };
  if (findCondition(kept.status?.conditions, 'Ready')) await markPods(kept, context);
  // Whether it is given up also depends on how the others do.
  return { after: now < deadline ? Math.min(PERIOD, deadline - now) : PERIOD };
}

function forget(name: string, { heartbeats, zones }: Memory): void {
  heartbeats.delete(name);
  zones.forget(name);
}

/** Tells of nodes that come and go. One of the same name that is made anew is another one. */
function register(name: string, node: Node | undefined, { registered }: Memory, { events }: ReconcileContext): void {
  const before = registered.get(name);
  if (before?.metadata.uid === node?.metadata.uid) return;
  const tell = (about: Node, reason: string, what: string) =>
    events.event(about, 'Normal', reason, `Node ${name} event: ${what} Controller`);
  if (before) tell(before, 'RemovingNode', `Removing Node ${name} from`);
  registered.delete(name);
  if (!node) return;
  tell(node, 'RegisteredNode', `Registered Node ${name} in`);
  const { apiVersion, kind, metadata } = node;
  registered.set(name, { apiVersion, kind, metadata: { ...metadata, managedFields: [] } });
}

async function markSilent(node: Node, { client, clock, events }: ReconcileContext): Promise<Node> {
  const conditions = silentConditions(node, clock.now());
  if (semanticEqual(conditions, node.status?.conditions)) return node;
  const marked = await client.updateStatus(nodeKind, { ...node, status: { ...node.status, conditions } });
  const { name } = node.metadata;
  if (isNodeReady(node)) events.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
  return marked;
}

async function writeTaintsAndLabels(node: Node, giveUp: boolean, { client, clock }: ReconcileContext): Promise<Node> {
  const taints = desiredTaints(node, giveUp, clock.now());
  const labels = missingLabels(node);
  const differs = !semanticEqual(taints, node.spec?.taints);
  if (!differs && Object.keys(labels).length === 0) return node;
  const { uid, resourceVersion } = node.metadata;
  const metadata = { uid, resourceVersion, ...(Object.keys(labels).length > 0 && { labels }) };
  return client.patch(nodeKind, node.metadata, 'merge', { metadata, ...(differs && { spec: { taints } }) });
}

/** Nobody can reach these pods through a service any more, so they are not ready, whatever they last said. */
async function markPods(node: Node, context: ReconcileContext): Promise<void> {
  let failure: unknown;
  for (const pod of context.reader.byIndex(podKind, nodeIndex, node.metadata.name)) {
    if (!isPodReady(pod)) continue;
    // One that has just changed must not keep the others from being marked.
    await markPod(pod, context).catch((error: unknown) => (failure = error));
  }
  if (failure) throw failure;
}

async function markPod(pod: Pod, { client, clock, events }: ReconcileContext): Promise<void> {
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

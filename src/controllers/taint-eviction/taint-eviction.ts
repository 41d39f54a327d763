import { node as nodeKind, type Node } from '../../api/core-v1/node.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import { keyOf } from '../../apimachinery/object.ts';
import { controller, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { markDisrupted } from '../disruption/mark-disrupted.ts';
import { assignedNode, nodeIndex } from '../node-lifecycle/node-lifecycle.ts';
import { evictionTime, noExecuteTaints, TaintTimes } from './plan.ts';

/** What is known besides the objects. A new controller starts without, and counts from the times in the taints. */
interface Memory {
  readonly times: TaintTimes;
  /** The uids of the pods that are to leave later, by node. */
  readonly leaving: Map<string, Set<string>>;
}

/** Deletes pods that do not tolerate a NoExecute taint of their node, or no longer. */
export const taintEvictionController: Controller = {
  name: 'taint-eviction-controller',
  start(dependencies) {
    const memory: Memory = { times: new TaintTimes(), leaving: new Map() };
    return controller<Node>({
      name: 'taint-eviction-controller',
      for: nodeKind,
      watches: [{ kind: podKind, indexes: { [nodeIndex]: assignedNode }, keys: assignedNode }],
      workers: 4,
      reconcile: (key, context) => reconcile(key, context, memory),
    }).start(dependencies);
  },
};

async function reconcile(key: string, context: ReconcileContext, memory: Memory): Promise<void | { after: number }> {
  const { reader, clock } = context;
  const node = reader.get(nodeKind, key);
  if (!node) return forget(key, memory);
  const now = clock.now();
  const taints = noExecuteTaints(node);
  const since = memory.times.of(node, taints, now);
  const before = memory.leaving.get(key);
  if (taints.length === 0 && !before) return undefined;
  const dates = reader.byIndex(podKind, nodeIndex, key).map((pod) => {
    const at = pod.metadata.deletionTimestamp ? undefined : evictionTime(pod, taints, since);
    return { pod, at };
  });
  const later = dates.filter(({ at }) => at !== undefined && at > now);
  const due = dates.filter(({ at }) => at !== undefined && at <= now);
  remember(
    key,
    later.map(({ pod }) => pod.metadata.uid),
    memory,
  );
  for (const { pod, at } of dates) if (at === undefined && before?.has(pod.metadata.uid)) tellCancelled(pod, context);
  for (const { pod } of due) await evict(pod, context);
  return later.length === 0 ? undefined : { after: Math.min(...later.map(({ at }) => at!)) - now };
}

function forget(node: string, { times, leaving }: Memory): void {
  times.forget(node);
  leaving.delete(node);
}

function remember(node: string, uids: readonly string[], { leaving }: Memory): void {
  if (uids.length > 0) leaving.set(node, new Set(uids));
  else leaving.delete(node);
}

function tellCancelled(pod: Pod, { events }: ReconcileContext): void {
  if (pod.metadata.deletionTimestamp) return;
  events.event(pod, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${keyOf(pod)}`);
}

async function evict(pod: Pod, { client, clock, events }: ReconcileContext): Promise<void> {
  try {
    const message = 'Taint manager: deleting due to NoExecute taint';
    await markDisrupted(client, pod, 'DeletionByTaintManager', message, clock.now());
    events.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${keyOf(pod)}`);
    await client.delete(podKind, pod.metadata, { preconditions: { uid: pod.metadata.uid } });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

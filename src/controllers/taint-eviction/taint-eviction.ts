import { node as nodeKind, type Node } from '../../api/core-v1/node.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import { keyOf } from '../../apimachinery/object.ts';
import { controller, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { markDisrupted } from '../disruption/mark-disrupted.ts';
import { assignedNode, nodeIndex } from '../node-lifecycle/node-lifecycle.ts';
import { evictionTime, noExecuteTaints, TaintTimes } from './plan.ts';

/** Deletes pods that do not tolerate a NoExecute taint of their node, or no longer. */
export const taintEvictionController: Controller = {
  name: 'taint-eviction-controller',
  start(dependencies) {
    const times = new TaintTimes();
    return controller<Node>({
      name: 'taint-eviction-controller',
      for: nodeKind,
      watches: [{ kind: podKind, indexes: { [nodeIndex]: assignedNode }, keys: assignedNode }],
      workers: 4,
      reconcile: (key, context) => reconcile(key, context, times),
    }).start(dependencies);
  },
};

async function reconcile(key: string, context: ReconcileContext, times: TaintTimes): Promise<void | { after: number }> {
  const { reader, clock } = context;
  const node = reader.get(nodeKind, key);
  if (!node) return times.forget(key);
  const now = clock.now();
  const taints = noExecuteTaints(node);
  const since = times.of(node, taints, now);
  if (taints.length === 0) return undefined;
  let next: number | undefined;
  for (const pod of reader.byIndex(podKind, nodeIndex, key)) {
    const at = pod.metadata.deletionTimestamp ? undefined : evictionTime(pod, taints, since);
    if (at === undefined) continue;
    if (at <= now) await evict(pod, context);
    else next = Math.min(next ?? at, at);
  }
  return next === undefined ? undefined : { after: next - now };
}

async function evict(pod: Pod, { client, clock, events }: ReconcileContext): Promise<void> {
  try {
    const message = 'Taint manager: deleting due to NoExecute taint';
    await markDisrupted(client, pod, 'DeletionByTaintManager', message, clock.now());
    await client.delete(podKind, pod.metadata, { preconditions: { uid: pod.metadata.uid } });
    events.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${keyOf(pod)}`);
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

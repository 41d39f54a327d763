import { node as nodeKind, type Node } from '../api/core-v1/node.ts';
import { pod as podKind, type Pod } from '../api/core-v1/pod.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import { controller, type Controller, type ReconcileContext } from '../client/controller.ts';
import { markDisrupted } from './disruption/mark-disrupted.ts';
import { assignedNode, nodeIndex } from './node-lifecycle/node-lifecycle.ts';
import { isPodTerminal } from './pod-state.ts';

/** Milliseconds that a node must be gone before its pods are removed: it may just be registering anew. */
const QUARANTINE = 40_000;

/** Removes the pods of nodes that are gone: no kubelet will ever do it. */
export const podGarbageCollector: Controller = {
  name: 'pod-garbage-collector-controller',
  start(dependencies) {
    const missingSince = new Map<string, number>();
    return controller<Node>({
      name: 'pod-garbage-collector-controller',
      for: nodeKind,
      watches: [{ kind: podKind, indexes: { [nodeIndex]: assignedNode }, keys: assignedNode }],
      reconcile: (key, context) => reconcile(key, context, missingSince),
    }).start(dependencies);
  },
};

async function reconcile(
  name: string,
  { reader, client, clock }: ReconcileContext,
  missingSince: Map<string, number>,
): Promise<void | { after: number }> {
  const pods = reader.get(nodeKind, name) ? [] : reader.byIndex(podKind, nodeIndex, name);
  if (pods.length === 0) return void missingSince.delete(name);
  const now = clock.now();
  const since = missingSince.get(name) ?? now;
  missingSince.set(name, since);
  if (now - since < QUARANTINE) return { after: since + QUARANTINE - now };
  if (await client.find(nodeKind, { name })) return { after: QUARANTINE };
  for (const pod of pods) await remove(pod, client, now);
  return undefined;
}

async function remove(pod: Pod, client: ReconcileContext['client'], now: number): Promise<void> {
  const phase = isPodTerminal(pod) ? undefined : 'Failed';
  try {
    await markDisrupted(client, pod, 'DeletionByPodGC', 'PodGC: node no longer exists', now, phase);
    await client.delete(podKind, pod.metadata, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

import { node as nodeKind, type Node } from '../../api/core-v1/node.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { keyOf } from '../../apimachinery/object.ts';
import { controller, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { assignedNode, nodeIndex } from '../node-lifecycle/node-lifecycle.ts';
import { endedIndex, endedPods, EndedSweeper } from './ended.ts';
import { NodeSweeper } from './nodes.ts';
import { removePod } from './remove.ts';

/** How many pods that have ended may stay: upstream's `--terminated-pod-gc-threshold`. */
const THRESHOLD = 12_500;

/** The key that stands for all pods that have ended. No node has a slash in its name. */
const ENDED = '/';

/**
 * Removes the pods that nobody else will: those of nodes that are gone or out of service, those that were deleted before
 * they had a node, and the oldest of those that have ended, when more than `threshold` have (0: never). Its keys are
 * names of nodes, pods without a node behind a slash, and the slash alone.
 */
export function podGarbageCollectorOf(threshold: number): Controller {
  const name = 'pod-garbage-collector-controller';
  return {
    name,
    start(dependencies) {
      const [nodes, ended] = [new NodeSweeper(), new EndedSweeper(threshold)];
      return controller<Node>({
        name,
        for: nodeKind,
        watches: [{ kind: podKind, indexes: { [nodeIndex]: assignedNode, [endedIndex]: endedPods }, keys: keysOf }],
        async reconcile(key, context) {
          if (key === ENDED) return ended.sweep(context);
          if (key.startsWith(ENDED)) return sweepUnscheduled(key.slice(ENDED.length), context);
          return nodes.sweep(key, context);
        },
      }).start(dependencies);
    },
  };
}

export const podGarbageCollector = podGarbageCollectorOf(THRESHOLD);

function keysOf(pod: Pod): string[] {
  const ended = endedPods(pod).length > 0 ? [ENDED] : [];
  if (pod.spec?.nodeName) return [pod.spec.nodeName, ...ended];
  return pod.metadata.deletionTimestamp ? [`${ENDED}${keyOf(pod)}`, ...ended] : ended;
}

/** A pod that was deleted before it had a node: there is no kubelet that would end it. */
async function sweepUnscheduled(key: string, { reader, client }: ReconcileContext): Promise<void> {
  const pod = reader.get(podKind, key);
  if (pod?.metadata.deletionTimestamp && !pod.spec?.nodeName) await removePod(client, pod);
}

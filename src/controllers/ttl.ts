import { node as nodeKind, type Node } from '../api/core-v1/node.ts';
import { controller, type Controller } from '../client/controller.ts';

/** For how many seconds the node's kubelet may use what it has read of secrets and config maps. */
const annotation = 'node.alpha.kubernetes.io/ttl';

/** The sizes of clusters, in nodes, and what holds for them. They overlap, so that a cluster between two does not flicker. */
const sizes: readonly { readonly from: number; readonly to: number; readonly seconds: number }[] = [
  { from: 0, to: 100, seconds: 0 },
  { from: 90, to: 500, seconds: 15 },
  { from: 450, to: 1000, seconds: 30 },
  { from: 900, to: 2000, seconds: 60 },
  { from: 1800, to: 10_000, seconds: 300 },
  { from: 9000, to: Infinity, seconds: 600 },
];

/** Which of the sizes a cluster of `nodes` has, if it had the one at `before` so far. */
export function sizeStep(nodes: number, before: number): number {
  let step = before;
  while (nodes > sizes[step]!.to) step++;
  while (nodes < sizes[step]!.from) step--;
  return step;
}

/** Lets the kubelets of large clusters ask less often: writes their time on each Node. */
export const ttlController: Controller = {
  name: 'ttl-controller',
  start(dependencies) {
    let step = 0;
    return controller<Node>({
      name: 'ttl-controller',
      for: nodeKind,
      async reconcile(key, { reader, client }) {
        const node = reader.get(nodeKind, key);
        if (!node) return;
        step = sizeStep(reader.list(nodeKind).length, step);
        const wanted = String(sizes[step]!.seconds);
        if (node.metadata.annotations?.[annotation] === wanted) return;
        await client.patch(nodeKind, node.metadata, 'merge', { metadata: { annotations: { [annotation]: wanted } } });
      },
    }).start(dependencies);
  },
};

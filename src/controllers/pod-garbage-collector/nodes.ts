import { node as nodeKind, type Node } from '../../api/core-v1/node.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import type { Client } from '../../client/client.ts';
import type { ReconcileContext } from '../../client/controller.ts';
import { findCondition } from '../conditions.ts';
import { markDisrupted } from '../disruption/mark-disrupted.ts';
import { nodeIndex } from '../node-lifecycle/node-lifecycle.ts';
import { lastPhase, removePod } from './remove.ts';

/** Milliseconds that a node must be gone before its pods are removed: it may just be registering anew. */
const QUARANTINE = 40_000;

const outOfService = 'node.kubernetes.io/out-of-service';

/** Removes the pods of nodes that are gone, and those under deletion on nodes that somebody said will not come back. */
export class NodeSweeper {
  #missingSince = new Map<string, number>();

  async sweep(name: string, context: ReconcileContext): Promise<void | { after: number }> {
    const { reader, client } = context;
    const node = reader.get(nodeKind, name);
    if (!node) return this.#sweepMissing(name, context);
    this.#missingSince.delete(name);
    if (!isOutOfService(node)) return;
    const ending = reader.byIndex(podKind, nodeIndex, name).filter(({ metadata }) => metadata.deletionTimestamp);
    for (const pod of ending) await removePod(client, pod);
  }

  async #sweepMissing(name: string, { reader, client, clock }: ReconcileContext): Promise<void | { after: number }> {
    const pods = reader.byIndex(podKind, nodeIndex, name);
    if (pods.length === 0) return void this.#missingSince.delete(name);
    const now = clock.now();
    const since = this.#missingSince.get(name) ?? now;
    this.#missingSince.set(name, since);
    if (now - since < QUARANTINE) return { after: since + QUARANTINE - now };
    if (await client.find(nodeKind, { name })) return { after: QUARANTINE };
    const mark = (_: Client, pod: Pod) =>
      markDisrupted(client, pod, 'DeletionByPodGC', 'PodGC: node no longer exists', now, lastPhase(pod));
    for (const pod of pods) await removePod(client, pod, mark);
  }
}

/** Whether the node's administrator said that it is down for good, and it does not claim otherwise. */
function isOutOfService({ spec, status }: Node): boolean {
  const ready = findCondition(status?.conditions, 'Ready')?.status === 'True';
  return !ready && (spec?.taints?.some(({ key }) => key === outOfService) ?? false);
}

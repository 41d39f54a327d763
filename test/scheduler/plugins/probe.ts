import type { Node } from '../../../src/api/core-v1/node.ts';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import type { Plugin } from '../../../src/scheduler/plugin.ts';
import { podInfo } from '../../../src/scheduler/pod-info.ts';
import { Snapshot } from '../../../src/scheduler/snapshot.ts';

/** Nodes, and pods on some of them. */
export function snapshotOf(nodes: Node[], placed: [Pod, string][] = []): Snapshot {
  const snapshot = new Snapshot();
  for (const n of nodes) snapshot.setNode(n);
  for (const [p, name] of placed) snapshot.setPod({ ...p, spec: { ...p.spec!, nodeName: name } });
  return snapshot;
}

/** The reasons why `pod` cannot run on `node`, on which `others` run; a `!` in front when that is beyond help. */
export function reasons(plugin: Plugin, pod: Pod, node: Node, others: Pod[] = []): string[] {
  const snapshot = snapshotOf(
    [node],
    others.map((p) => [p, node.metadata.name]),
  );
  const info = podInfo(pod);
  const prepared = plugin.preFilter?.(info, snapshot);
  if (prepared === 'skip') return [];
  const rejection =
    prepared && 'rejection' in prepared
      ? prepared.rejection
      : plugin.filter!(info, snapshot.nodes[0]!, prepared?.state);
  return (rejection?.reasons ?? []).map((r) => (rejection!.unresolvable ? `!${r}` : r));
}

/** The normalised score of each node. */
export function scores(plugin: Plugin, pod: Pod, nodes: Node[], placed: [Pod, string][] = []): number[] {
  const snapshot = snapshotOf(nodes, placed);
  const info = podInfo(pod);
  const prepared = plugin.preFilter?.(info, snapshot);
  const own = typeof prepared === 'object' && 'state' in prepared ? prepared.state : undefined;
  const state = plugin.preScore?.(info, snapshot.nodes, snapshot, own);
  if (state === 'skip') return snapshot.nodes.map(() => 0);
  const raw = snapshot.nodes.map((n) => plugin.score!(info, n, state));
  plugin.normalize?.(raw, info, snapshot.nodes, state);
  return raw;
}

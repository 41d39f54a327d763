import type { Node } from '../api/core-v1/node.ts';
import type { ClusterEvent } from './plugin.ts';

/** What of a node's change can matter to a waiting pod. Nodes report every few seconds, mostly that nothing changed. */
export function nodeChanges(node: Node, old: Node): ClusterEvent[] {
  const events: ClusterEvent[] = [];
  if (differ(node.status?.allocatable, old.status?.allocatable)) events.push('node-allocatable');
  if (differ(node.metadata.labels, old.metadata.labels)) events.push('node-labels');
  if (differ(node.spec?.taints, old.spec?.taints)) events.push('node-taints');
  if (Boolean(old.spec?.unschedulable) && !node.spec?.unschedulable) events.push('node-unschedulable');
  return events;
}

function differ(a: object | undefined, b: object | undefined): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}

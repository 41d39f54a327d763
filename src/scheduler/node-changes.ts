import type { Node } from '../api/core-v1/node.ts';
import type { ClusterEvent, EventName } from './cluster-event.ts';

/** What of a node's change can matter to a waiting pod. Nodes report every few seconds, mostly that nothing changed. */
export function nodeChanges(node: Node, old: Node): ClusterEvent[] {
  const names: EventName[] = [];
  if (differ(node.status?.allocatable, old.status?.allocatable)) names.push('NodeUpdateNodeAllocatable');
  if (differ(node.metadata.labels, old.metadata.labels)) names.push('NodeUpdateNodeLabel');
  // Cordoning counts as a taint: it is one for those that tolerate it.
  const cordon = Boolean(node.spec?.unschedulable) !== Boolean(old.spec?.unschedulable);
  if (cordon || differ(node.spec?.taints, old.spec?.taints)) names.push('NodeUpdateNodeTaint');
  if (differ(node.metadata.annotations, old.metadata.annotations)) names.push('NodeUpdateNodeAnnotation');
  return names.map((name) => ({ name, object: node, old }));
}

function differ(a: object | undefined, b: object | undefined): boolean {
  return a !== b && JSON.stringify(a) !== JSON.stringify(b);
}

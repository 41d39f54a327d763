import type { Node } from '../../api/core-v1/node.ts';
import type { NodeStatus } from './node-status.ts';

/** What a condition is called in events: while it is `True`, and else. */
const names: Readonly<Record<string, readonly [string, string]>> = {
  MemoryPressure: ['NodeHasInsufficientMemory', 'NodeHasSufficientMemory'],
  DiskPressure: ['NodeHasDiskPressure', 'NodeHasNoDiskPressure'],
  PIDPressure: ['NodeHasInsufficientPID', 'NodeHasSufficientPID'],
  Ready: ['NodeReady', 'NodeNotReady'],
};

/** The reasons of the events that tell how a node's conditions have changed. */
export function conditionReasons(before: NodeStatus | undefined, now: NodeStatus): string[] {
  const was = new Map(before?.conditions?.map(({ type, status }) => [type, status]));
  return (now.conditions ?? []).flatMap(({ type, status }) => {
    const name = names[type];
    // A node that is not ready yet was not ready before either.
    const news = was.get(type) !== status && !(type === 'Ready' && status !== 'True' && !was.has(type));
    return name && news ? [name[status === 'True' ? 0 : 1]] : [];
  });
}

/** The reason of the event that tells whether pods may still be scheduled to a node; undefined when nothing changed. */
export function schedulableReason(before: Node, now: Node): string | undefined {
  if (Boolean(before.spec?.unschedulable) === Boolean(now.spec?.unschedulable)) return undefined;
  return now.spec?.unschedulable ? 'NodeNotSchedulable' : 'NodeSchedulable';
}

/** Whether somebody has given the node up for silent. */
export function isGivenUp({ status }: Node): boolean {
  return status?.conditions?.some(({ status: value }) => value === 'Unknown') ?? false;
}

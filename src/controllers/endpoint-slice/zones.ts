import type { Node } from '../../api/core-v1/node.ts';
import { milliValue } from '../../apimachinery/quantity.ts';

export const zoneLabel = 'topology.kubernetes.io/zone';
const CONTROL_PLANE = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

/** Each zone's share of the processors of all nodes that run pods; undefined when a node does not tell enough. */
export type ZoneShares = ReadonlyMap<string, number>;

export function zoneSharesOf(nodes: readonly Node[]): ZoneShares | undefined {
  const cpus = new Map<string, number>();
  let total = 0;
  for (const node of nodes) {
    if (!runsPods(node)) continue;
    const [zone, cpu] = [zoneOf(node), milliValue(node.status?.allocatable?.cpu)];
    if (!zone || cpu === 0) return undefined;
    cpus.set(zone, (cpus.get(zone) ?? 0) + cpu);
    total += cpu;
  }
  if (total === 0) return undefined;
  return new Map([...cpus].map(([zone, cpu]) => [zone, cpu / total]));
}

export function zoneOf(node: Node | undefined): string | undefined {
  return node?.metadata.labels?.[zoneLabel];
}

function runsPods({ metadata, status }: Node): boolean {
  if (CONTROL_PLANE.some((label) => metadata.labels?.[label] !== undefined)) return false;
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}

/** Whether a change of a node changes the shares. */
export function changesShares(node: Node, old: Node): boolean {
  return (
    zoneOf(node) !== zoneOf(old) ||
    runsPods(node) !== runsPods(old) ||
    node.status?.allocatable?.cpu !== old.status?.allocatable?.cpu
  );
}

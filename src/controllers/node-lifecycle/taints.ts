import type { Node } from '../../api/core-v1/node.ts';
import { formatTime } from '../../apimachinery/time.ts';

export type Taint = NonNullable<NonNullable<Node['spec']>['taints']>[number];

const notReadyTaint = 'node.kubernetes.io/not-ready';
const unreachableTaint = 'node.kubernetes.io/unreachable';
const unschedulableTaint = 'node.kubernetes.io/unschedulable';

/** The taints that keep pods from being scheduled, by condition and its status. */
const byCondition: ReadonlyMap<string, string> = new Map([
  ['Ready=False', notReadyTaint],
  ['Ready=Unknown', unreachableTaint],
  ['MemoryPressure=True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure=True', 'node.kubernetes.io/disk-pressure'],
  ['NetworkUnavailable=True', 'node.kubernetes.io/network-unavailable'],
  ['PIDPressure=True', 'node.kubernetes.io/pid-pressure'],
]);

const ours = new Set([unschedulableTaint, ...byCondition.values()]);

/**
 * The taints that a node should have: those of its conditions in place of those that we put there before.
 * @param giveUp whether its pods are to leave when it is not ready
 */
export function desiredTaints(node: Node, giveUp: boolean, now: number): Taint[] {
  const current = node.spec?.taints ?? [];
  const wanted = [...noSchedule(node), ...(giveUp ? noExecute(node) : [])];
  const same = (a: Omit<Taint, 'timeAdded'>, b: Omit<Taint, 'timeAdded'>) => a.key === b.key && a.effect === b.effect;
  const kept = current.filter((taint) => !isOurs(taint) || wanted.some((one) => same(one, taint)));
  const added = wanted.filter((one) => !current.some((taint) => same(one, taint)));
  return [...kept, ...added.map((taint) => ({ ...taint, timeAdded: formatTime(now) }))];
}

/** Whether the pods of a node are being driven away because it is not ready. */
export function isGivenUp(node: Node): boolean {
  return (node.spec?.taints ?? []).some((taint) => taint.effect === 'NoExecute' && isOurs(taint));
}

function isOurs({ key, effect }: Taint): boolean {
  if (effect === 'NoSchedule') return ours.has(key);
  return effect === 'NoExecute' && (key === notReadyTaint || key === unreachableTaint);
}

function noSchedule(node: Node): { key: string; effect: string }[] {
  const keys = (node.status?.conditions ?? []).map(({ type, status }) => byCondition.get(`${type}=${status}`));
  if (node.spec?.unschedulable) keys.push(unschedulableTaint);
  return keys.filter((key) => key !== undefined).map((key) => ({ key, effect: 'NoSchedule' }));
}

/** A node that is not ready loses its pods as well, each after the time that it tolerates. */
function noExecute(node: Node): { key: string; effect: string }[] {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  const key = ready && byCondition.get(`Ready=${ready.status}`);
  return key ? [{ key, effect: 'NoExecute' }] : [];
}

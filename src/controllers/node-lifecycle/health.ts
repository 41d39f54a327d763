import type { Lease } from '../../api/coordination-v1/lease.ts';
import type { Node } from '../../api/core-v1/node.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { findCondition } from '../conditions.ts';

/** Milliseconds without a sign of life after which a node is unreachable: upstream's figures. */
const GRACE = 50_000;
/** How much longer than its lease a node may be silent: with upstream's figures just the above. */
const BEYOND_LEASE = 1.25;
/** The same for a node that has never given any. */
const STARTUP_GRACE = 60_000;

/** What was last heard of a node, and when by our own (monotonic) clock: the node's clock may be wrong. */
export interface Heartbeat {
  /** The node's own words: the times of its lease and of its Ready condition. */
  readonly words: string;
  readonly at: number;
}

type NodeCondition = NonNullable<NonNullable<Node['status']>['conditions']>[number];

/** The heartbeat after looking at a node and its lease: renewed when either says something new. */
export function heard(before: Heartbeat | undefined, node: Node, lease: Lease | undefined, now: number): Heartbeat {
  const ready = findCondition<NodeCondition>(node.status?.conditions, 'Ready');
  // What we wrote ourselves, in place of a silent node, is no sign of life: its heartbeat time stays the node's own.
  const words = JSON.stringify([node.metadata.uid, lease?.spec?.renewTime, ready?.lastHeartbeatTime]);
  return before?.words === words ? before : { words, at: now };
}

/**
 * When the node is unreachable if nothing more is heard, in milliseconds. A node that takes its lease for longer than
 * others (`nodeLeaseDurationSeconds`) renews it less often.
 */
export function silentAt(node: Node, lease: Lease | undefined, heartbeat: Heartbeat): number {
  const promised = (lease?.spec?.leaseDurationSeconds ?? 0) * 1000 * BEYOND_LEASE;
  const grace = findCondition(node.status?.conditions, 'Ready') ? GRACE : STARTUP_GRACE;
  return heartbeat.at + Math.max(grace, promised);
}

const watched = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** The conditions of a node that is silent: nobody knows any more. */
export function silentConditions(node: Node, now: number): NodeCondition[] {
  const conditions = [...(node.status?.conditions ?? [])];
  const time = formatTime(now);
  for (const type of watched) {
    const at = conditions.findIndex((condition) => condition.type === type);
    if (at < 0) conditions.push(neverHeard(type, node.metadata.creationTimestamp, time));
    else if (conditions[at]!.status !== 'Unknown') conditions[at] = fellSilent(conditions[at]!, time);
  }
  return conditions;
}

function neverHeard(type: string, lastHeartbeatTime: string, lastTransitionTime: string): NodeCondition {
  const message = 'Kubelet never posted node status.';
  return { type, status: 'Unknown', reason: 'NodeStatusNeverUpdated', message, lastHeartbeatTime, lastTransitionTime };
}

function fellSilent(condition: NodeCondition, lastTransitionTime: string): NodeCondition {
  const message = 'Kubelet stopped posting node status.';
  return { ...condition, status: 'Unknown', reason: 'NodeStatusUnknown', message, lastTransitionTime };
}

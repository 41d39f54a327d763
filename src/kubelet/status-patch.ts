import { isDeepStrictEqual } from 'node:util';
import { passing } from './pod-conditions.ts';
import type { PodStatus } from './pod-spec.ts';

/**
 * The strategic merge patch that turns one status into another, or undefined when they are alike. Conditions are sent one
 * by one, so that those of others stay; the lists of addresses are replaced whole.
 */
export function statusPatch(old: PodStatus, wanted: PodStatus): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(old), ...Object.keys(wanted)])) {
    const [before, after] = [(old as Record<string, unknown>)[key], (wanted as Record<string, unknown>)[key]];
    if (isDeepStrictEqual(before, after) || !managed.has(key)) continue;
    patch[key] = key === 'conditions' ? changedConditions(old, wanted) : change(key, after);
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/** What the kubelet decides; everything else in a status belongs to others. */
const managed = new Set([
  ...['observedGeneration', 'phase', 'conditions', 'message', 'reason', 'hostIP', 'hostIPs', 'podIP', 'podIPs'],
  ...['startTime', 'initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses', 'qosClass'],
  ...['resources', 'allocatedResources'],
]);

/** Lists that a merge would only add to. */
const replaced = new Set(['podIPs', 'hostIPs']);

function change(key: string, value: unknown): unknown {
  if (value === undefined) return null;
  return replaced.has(key) && Array.isArray(value) ? [{ $patch: 'replace' }, ...value] : value;
}

function changedConditions(old: PodStatus, wanted: PodStatus): object[] {
  const before = new Map((old.conditions ?? []).map((c) => [c.type, c]));
  const now = new Set((wanted.conditions ?? []).map((c) => c.type));
  const over = [...before.keys()].filter((type) => passing.has(type) && !now.has(type));
  return [
    ...(wanted.conditions ?? [])
      .filter((c) => !isDeepStrictEqual(c, before.get(c.type)))
      .map((c) => ({ reason: null, message: null, ...c })),
    ...over.map((type) => ({ $patch: 'delete', type })),
  ];
}

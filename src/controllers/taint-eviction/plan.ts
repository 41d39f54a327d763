import type { Node, Taint } from '../../api/core-v1/node.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { tolerates } from '../../api/core-v1/tolerations.ts';
import { parseTime, timeOrZero } from '../../apimachinery/time.ts';
import { findCondition } from '../conditions.ts';

/**
 * When a pod has to leave a node with these NoExecute taints, in milliseconds: the shortest of the times that it
 * tolerates each, where for each taint the first toleration that matches counts. 0 when it does not tolerate one at all, undefined when it may stay. `since` says when a taint came; a pod
 * that came later than the taint has its time from then on.
 */
export function evictionTime(pod: Pod, taints: readonly Taint[], since: (taint: Taint) => number): number | undefined {
  const arrival = timeOrZero(findCondition(pod.status?.conditions, 'PodScheduled')?.lastTransitionTime);
  let earliest: number | undefined;
  for (const taint of taints) {
    const seconds = toleratedSeconds(pod, taint);
    if (seconds === undefined) continue;
    const at = seconds <= 0 ? 0 : Math.max(since(taint), arrival) + seconds * 1000;
    if (earliest === undefined || at < earliest) earliest = at;
  }
  return earliest;
}

/** 0: not tolerated. Undefined: tolerated for ever. */
function toleratedSeconds(pod: Pod, taint: Taint): number | undefined {
  const first = pod.spec?.tolerations?.find((toleration) => tolerates(toleration, taint));
  return first ? first.tolerationSeconds : 0;
}

/** The taints of a node that drive pods away. */
export function noExecuteTaints(node: Node): Taint[] {
  return (node.spec?.taints ?? []).filter((taint) => taint.effect === 'NoExecute');
}

/**
 * Remembers when taints that carry no time were first seen. Taints that are gone are forgotten, so that one that comes
 * back counts anew.
 */
export class TaintTimes {
  #seen = new Map<string, Map<string, number>>();

  /** When each of the node's taints came, in milliseconds. */
  of(node: Node, taints: readonly Taint[], now: number): (taint: Taint) => number {
    const before = this.#seen.get(node.metadata.name);
    const times = new Map(
      taints.map((taint) => [identity(taint), parseTime(taint.timeAdded) ?? before?.get(identity(taint)) ?? now]),
    );
    this.#seen.set(node.metadata.name, times);
    return (taint) => times.get(identity(taint)) ?? now;
  }

  forget(node: string): void {
    this.#seen.delete(node);
  }
}

function identity({ key, value }: Taint): string {
  return JSON.stringify([key, value]);
}

import type { Pod } from '../../api/core-v1/pod.ts';
import type { Writer } from './act.ts';
import type { FailedDaemons } from './failed-daemons.ts';
import type { EndedDaemon } from './plan.ts';

/** Which daemons that have ended go now. */
export interface Removals {
  readonly remove: Pod[];
  /** Milliseconds until the next may. */
  readonly after?: number;
}

/** Says of daemons that have ended that they go; failed ones wait when the last one failed only lately. */
export function removeEnded(ended: readonly EndedDaemon[], writer: Writer, failed: FailedDaemons): Removals {
  const remove: Pod[] = [];
  const waits: number[] = [];
  for (const one of ended) {
    const wait = hasFailed(one) ? failed.removeFrom(writer.key, writer.set, one.node) : 0;
    if (wait > 0) waits.push(wait);
    else {
      tell(one, writer);
      remove.push(one.pod);
    }
  }
  return { remove, ...(waits.length > 0 && { after: Math.min(...waits) }) };
}

function hasFailed({ pod }: EndedDaemon): boolean {
  return pod.status?.phase === 'Failed';
}

function tell(one: EndedDaemon, { set, context: { events } }: Writer): void {
  const { namespace, name } = one.pod.metadata;
  const where = `daemon pod ${namespace}/${name} on node ${one.node}`;
  if (hasFailed(one)) events.event(set, 'Warning', 'FailedDaemonPod', `Found failed ${where}, will try to kill it`);
  else events.event(set, 'Normal', 'SucceededDaemonPod', `Found succeeded ${where}, will try to delete it`);
}

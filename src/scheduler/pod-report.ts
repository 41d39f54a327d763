import { pod, type Pod } from '../api/core-v1/pod.ts';
import { keyOf } from '../apimachinery/object.ts';
import { formatTime } from '../apimachinery/time.ts';
import type { Clock } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';
import type { Client } from '../client/client.ts';

interface Failure {
  /** `Unschedulable` or `SchedulerError`. */
  readonly reason: string;
  readonly message: string;
  /** The node that the pod is promised; empty: it no longer is; absent: as before. */
  readonly nominatedNode?: string | undefined;
}

interface Reporter {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
}

/** Writes into the pod's status why it waits; undefined when that stands there already. Never throws. */
export function reportFailure(reporter: Reporter, about: Pod, failure: Failure): Promise<void> | undefined {
  const status = statusChange(about, failure, formatTime(reporter.clock.now()));
  return status && patchStatus(reporter, about, status);
}

/** What must change in the pod's status so that it says why the pod waits. */
export function statusChange(about: Pod, { reason, message, nominatedNode }: Failure, now: string): object | undefined {
  const current = about.status?.conditions?.find((c) => c.type === 'PodScheduled');
  const told = current?.status === 'False' && current.reason === reason && current.message === message;
  const promised = about.status?.nominatedNodeName ?? '';
  const nomination = nominatedNode === undefined || nominatedNode === promised ? undefined : nominatedNode;
  if (told && nomination === undefined) return undefined;
  const lastTransitionTime = current?.status === 'False' ? current.lastTransitionTime : now;
  const { generation: observedGeneration } = about.metadata;
  const condition = { type: 'PodScheduled', status: 'False', reason, message, lastTransitionTime, observedGeneration };
  return {
    ...(!told && { conditions: [condition] }),
    ...(nomination !== undefined && { nominatedNodeName: nomination || null }),
  };
}

async function patchStatus({ client, log }: Reporter, about: Pod, status: object): Promise<void> {
  const { name, namespace, uid } = about.metadata;
  try {
    const patch = { metadata: { uid }, status };
    await client.patch(pod, { name, namespace }, 'strategic', patch, { subresource: 'status' });
  } catch (error) {
    log.debug('the status was not written', { pod: keyOf(about), error: errorMessage(error) });
  }
}

import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { formatTime } from '../../apimachinery/time.ts';
import type { Client } from '../../client/client.ts';
import { withCondition } from '../conditions.ts';
import { semanticEqual } from '../semantic-equal.ts';

/**
 * Says on a pod why it is about to be deleted by the system. `phase` overrides the pod's phase, for pods that nobody
 * else can report on any more.
 * @throws ApiError Conflict when the pod has changed: decide again
 */
export async function markDisrupted(
  client: Client,
  pod: Pod,
  reason: string,
  message: string,
  now: number,
  phase?: string,
): Promise<void> {
  const condition = { type: 'DisruptionTarget', status: 'True', reason, message, lastTransitionTime: formatTime(now) };
  const conditions = withCondition(pod.status?.conditions, condition);
  const status = { ...pod.status, conditions, ...(phase && { phase }) };
  if (!semanticEqual(status, pod.status)) await client.updateStatus(podKind, { ...pod, status });
}

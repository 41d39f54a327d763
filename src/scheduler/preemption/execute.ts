import { pod as podKind } from '../../api/core-v1/pod.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { errorMessage } from '../../base/log.ts';
import type { PluginHandle } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';
import type { Candidate } from './victims.ts';

/** What is written for a preemption, with the condition that tells the victims' owners whose fault it was not. */
export async function execute(preemptor: PodInfo, { node, victims }: Candidate, handle: PluginHandle): Promise<void> {
  const work = [
    ...handle.snapshot.nominations
      .on(node.name)
      .filter((other) => other.priority < preemptor.priority)
      .map((other) => forgetNomination(other, handle)),
    ...victims.map((victim) => evict(preemptor, victim, node.name, handle)),
  ];
  const results = await Promise.allSettled(work);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** They were to have the node, but less urgently: they look for another. */
async function forgetNomination(other: PodInfo, { client, snapshot, log }: PluginHandle): Promise<void> {
  const { name, namespace, uid } = other.pod.metadata;
  snapshot.nominations.delete(uid);
  const patch = { metadata: { uid }, status: { nominatedNodeName: null } };
  try {
    await client.patch(podKind, { name, namespace }, 'strategic', patch, { subresource: 'status' });
  } catch (error) {
    log.debug('a nomination was not taken back', { pod: other.key, error: errorMessage(error) });
  }
}

async function evict(preemptor: PodInfo, victim: PodInfo, nodeName: string, handle: PluginHandle): Promise<void> {
  const { metadata } = victim.pod;
  if (metadata.deletionTimestamp) return;
  const { name, namespace, uid } = metadata;
  try {
    await markDisrupted(preemptor, victim, handle);
    await handle.client.delete(podKind, { name, namespace }, { preconditions: { uid } });
  } catch (error) {
    if (isApiError(error, 'NotFound', 'Conflict')) return; // it is gone, or another one has its name
    throw error;
  }
  const message = `Preempted by pod ${preemptor.uid} on node ${nodeName}`;
  handle.events.event(victim.pod, 'Normal', 'Preempted', message);
}

async function markDisrupted(preemptor: PodInfo, { pod }: PodInfo, { client, clock }: PluginHandle): Promise<void> {
  const { name, namespace, uid, generation } = pod.metadata;
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'PreemptionByScheduler',
    message: `${preemptor.spec.schedulerName ?? 'default-scheduler'}: preempting to accommodate a higher priority pod`,
    lastTransitionTime: formatTime(clock.now()),
    observedGeneration: generation,
  };
  const patch = { metadata: { uid }, status: { conditions: [condition] } };
  await client.patch(podKind, { name, namespace }, 'strategic', patch, { subresource: 'status' });
}

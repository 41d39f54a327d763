import { sleep, type Clock } from '../../base/clock.ts';
import type { PodWorker } from '../pod-worker.ts';
import type { PodWorkers } from '../pod-workers.ts';
import { shutdownPlan, type ShutdownGrace } from './shutdown.ts';

const MESSAGE = 'Pod was terminated in response to imminent node shutdown.';
const reason = {
  reason: 'Terminated',
  message: MESSAGE,
  condition: { reason: 'TerminationByKubelet', message: MESSAGE },
};
/** Milliseconds between two looks whether pods have ended. */
const LOOK = 100;
/** Milliseconds that pods are waited for beyond their time. */
const BEYOND = 2_000;

/** Ends all pods of a node, the least important first. */
export async function endAllPods(workers: PodWorkers, graces: readonly ShutdownGrace[], clock: Clock): Promise<void> {
  for (const { pods, seconds } of shutdownPlan(workers.running(), graces)) {
    const ending = pods.flatMap((pod) => workers.get(pod.metadata.uid) ?? []);
    for (const worker of ending) worker.evict({ ...reason, graceSeconds: seconds });
    await ended(ending, seconds * 1000 + BEYOND, clock);
  }
}

/** Resolves when none of the pods runs any more, or the time is over. */
async function ended(workers: readonly PodWorker[], most: number, clock: Clock): Promise<void> {
  const end = clock.now() + most;
  while (clock.now() < end && workers.some((worker) => worker.admitted)) await sleep(clock, LOOK);
}

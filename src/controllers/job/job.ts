import { job as jobKind, type Job } from '../../api/batch-v1/job.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { selectorFromObject } from '../../apimachinery/label-selector.ts';
import { controllerOf, keyOf, parseApiVersion } from '../../apimachinery/object.ts';
import { controller, type ClusterReader, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { candidatesOf, claim, orphanIndex, orphanNamespace, planClaims } from '../claim.ts';
import { isJobFinished } from './job-conditions.ts';
import { isTracked } from './job-pods.ts';
import { JobMemory } from './memory.ts';
import { jobManager, trackingFinalizer } from './names.ts';
import { untrack, type Round } from './pod-actions.ts';
import { reconcileJob } from './reconcile-job.ts';

/** Index of the pods that still have to be counted, by the key of what controls them. */
const trackedIndex = 'job-tracked';

/** Runs the pods of Jobs to completion, and counts how they end. */
export const jobController: Controller = {
  name: 'job-controller',
  start(dependencies) {
    const memory = new JobMemory(dependencies.clock, dependencies.metrics);
    return controller<Job>({
      name: 'job-controller',
      for: jobKind,
      owns: [podKind],
      watches: [
        {
          kind: podKind,
          indexes: { [orphanIndex]: orphanNamespace, [trackedIndex]: trackedKey },
          keys: (pod: Pod, reader) => podKeys(pod, reader, memory),
        },
      ],
      workers: 5,
      batch: 1_000,
      retry: { initial: 1_000, max: 60_000 },
      reconcile: (key, context) => reconcile(key, context, memory),
    }).start(dependencies);
  },
};

/** The key that stands for all pods of a namespace that have the finalizer and no job. */
function ownerlessKey(namespace: string | undefined): string {
  return `${namespace}/`;
}

function trackedKey(pod: Pod): string[] {
  if (!isTracked(pod)) return [];
  const owner = controllerOf(pod);
  const { namespace } = pod.metadata;
  if (!owner) return [ownerlessKey(namespace)];
  return isJobReference(owner) ? [keyOf({ namespace, name: owner.name })] : [];
}

function isJobReference({ kind, apiVersion }: { kind: string; apiVersion: string }): boolean {
  return kind === jobKind.kind && parseApiVersion(apiVersion).group === jobKind.group;
}

/** Notes that a pod was seen, and finds the jobs that might adopt one that nobody controls. */
function podKeys(pod: Pod, reader: ClusterReader, { expectations }: JobMemory): string[] {
  const owner = controllerOf(pod);
  const { namespace, uid } = pod.metadata;
  if (owner) {
    if (isJobReference(owner)) expectations.seen(keyOf({ namespace, name: owner.name }), uid);
    return [];
  }
  const adopters = adoptersOf(pod, reader).map(keyOf);
  return isTracked(pod) ? [...adopters, ownerlessKey(namespace)] : adopters;
}

function adoptersOf({ metadata }: Pod, reader: ClusterReader): Job[] {
  if (!metadata.labels) return [];
  return reader
    .list(jobKind, metadata.namespace)
    .filter((job) => selectorFromObject(job.spec?.selector).matches(metadata.labels));
}

async function reconcile(key: string, context: ReconcileContext, memory: JobMemory): Promise<void | { after: number }> {
  const { reader, client, clock } = context;
  const job = reader.get(jobKind, key);
  await releaseOrphans(key, job, context);
  if (!job || isJobFinished(job)) return memory.forget(key);
  if (isManagedElsewhere(job)) return memory.managedElsewhere(key, job);
  if (memory.versions.isStale(key, job)) return;
  if (!isKnownMode(job, context)) return;
  // Asked before the pods are read: what the copy learns while we claim would not be among them.
  const caughtUp = memory.expectations.pending(key, (object) => reader.get(podKind, keyOf(object))) === 0;
  const candidates = candidatesOf(reader, podKind, job);
  const claims = planClaims(job, selectorFromObject(job.spec?.selector), candidates);
  const pods = await claim(client, podKind, jobKind, job, claims, trackingFinalizer);
  const round: Round = { ...context, key, job, memory, caughtUp, did: { action: 'reconciling' } };
  const started = clock.monotonic();
  let result: 'success' | 'error' = 'error';
  let after: number | undefined;
  try {
    after = await reconcileJob(round, pods);
    result = 'success';
  } finally {
    memory.metrics?.synced(job, result, round.did.action, (clock.monotonic() - started) / 1000);
  }
  return after === undefined ? undefined : { after };
}

/** Another controller has the job, and with it the pods (KEP-4368). */
function isManagedElsewhere({ spec }: Job): boolean {
  return spec?.managedBy !== undefined && spec.managedBy !== jobManager;
}

function isKnownMode(job: Job, { events }: ReconcileContext): boolean {
  const mode = job.spec?.completionMode ?? 'NonIndexed';
  if (mode === 'NonIndexed' || mode === 'Indexed') return true;
  const message = 'Skipped Job sync because completion mode is unknown';
  events.event(job, 'Warning', 'UnknownCompletionMode', message);
  return false;
}

/** Lets pods go that no job counts any more: theirs is gone or has ended, or they have none and none will adopt them. */
async function releaseOrphans(key: string, job: Job | undefined, { reader, client }: ReconcileContext): Promise<void> {
  if (job && isManagedElsewhere(job)) return;
  const pods = reader.byIndex(podKind, trackedIndex, key).filter((pod) => isOrphan(pod, job, reader));
  await Promise.all(pods.map((pod) => untrack(client, pod)));
}

function isOrphan(pod: Pod, job: Job | undefined, reader: ClusterReader): boolean {
  const owner = controllerOf(pod);
  if (!owner) return !adoptersOf(pod, reader).some((adopter) => !isJobFinished(adopter));
  return !job || owner.uid !== job.metadata.uid || isJobFinished(job);
}

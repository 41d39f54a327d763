import { pod, type Pod } from '../../api/core-v1/pod.ts';
import { controllerOf, keyOf } from '../../apimachinery/object.ts';
import { errorMessage } from '../../base/log.ts';
import { controller, type ClusterReader, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { candidatesOf, claim, orphanIndex, orphanNamespace } from '../claim.ts';
import { Expectations, PATIENCE } from '../expectations.ts';
import { createPod, deletePod } from '../pod-control.ts';
import { isNamespaceEnding } from '../../client/namespace-ending.ts';
import { semanticEqual } from '../semantic-equal.ts';
import { slowStart } from '../slow-start.ts';
import { withoutZeros } from '../without-zeros.ts';
import { WrittenVersions } from '../written-versions.ts';
import type { Flavour, PodKeeper } from './flavour.ts';
import { planPodClaims, planReplicas, podFromTemplate } from './plan.ts';
import { nextAvailable, replicaSetStatus, type ReplicaFailure } from './status.ts';
import { unlessGone } from '../unless-gone.ts';

/** What a reconcile of one key works with. */
interface Work<T extends PodKeeper> extends ReconcileContext {
  readonly key: string;
  readonly flavour: Flavour<T>;
  readonly expectations: Expectations;
  readonly versions: WrittenVersions;
}

/** The controller that keeps as many pods as each object of this flavour wants. */
export function podKeeperController<T extends PodKeeper>(flavour: Flavour<T>): Controller {
  const { name, eventSource, kind } = flavour;
  return {
    name,
    start(dependencies) {
      const expectations = new Expectations(dependencies.clock);
      const versions = new WrittenVersions();
      return controller<T>({
        name,
        for: kind,
        owns: [pod],
        workers: 5,
        ...(eventSource && { eventSource }),
        watches: [
          {
            kind: pod,
            indexes: { [orphanIndex]: orphanNamespace },
            keys: (changed: Pod, reader) => podKeys(changed, reader, flavour, expectations),
          },
        ],
        reconcile: (key, context) => reconcile({ ...context, key, flavour, expectations, versions }),
      }).start(dependencies);
    },
  };
}

/** Notes that a pod was seen, and finds the sets that might adopt one that nobody controls. */
function podKeys<T extends PodKeeper>(
  changed: Pod,
  reader: ClusterReader,
  flavour: Flavour<T>,
  expectations: Expectations,
): string[] {
  const owner = controllerOf(changed);
  const { namespace, uid, labels } = changed.metadata;
  if (owner) {
    if (owner.kind === flavour.kind.kind) expectations.seen(keyOf({ namespace, name: owner.name }), uid);
    return [];
  }
  if (!labels) return [];
  return reader
    .list(flavour.kind, namespace)
    .filter((set) => flavour.selectorOf(set).matches(labels))
    .map(keyOf);
}

async function reconcile<T extends PodKeeper>(work: Work<T>): Promise<void | { after: number }> {
  const { key, flavour, expectations, versions, reader, client, clock } = work;
  const set = reader.get(flavour.kind, key);
  if (!set) {
    versions.forget(key);
    return expectations.forget(key);
  }
  if (versions.isStale(key, set)) return undefined;
  // Asked before the pods are read: what the copy learns while we claim would not be among them.
  const caughtUp = expectations.pending(key, (object) => reader.get(pod, keyOf(object))) === 0;
  const claims = planPodClaims(set, flavour.selectorOf(set), candidatesOf(reader, pod, set));
  const pods = await claim(client, pod, flavour.kind, set, claims);
  let failure: Failure | undefined;
  if (caughtUp) {
    const plan = planReplicas(set, pods, () => relatedPods(set, work), clock.now());
    failure = (await createPods(set, plan.create, work)) ?? (await removePods(set, plan.remove, work));
  }
  await writeStatus(set, pods, failure, work);
  if (failure) throw failure.error;
  const after = nextAvailable(set, pods, clock.now()) ?? (caughtUp ? undefined : PATIENCE);
  return after === undefined ? undefined : { after };
}

/** What went wrong, in words for the status and as it was thrown. */
type Failure = ReplicaFailure & { readonly error: unknown };

/** The pods of all replica sets that have the same owner, for the spread over nodes. */
function relatedPods<T extends PodKeeper>(set: T, { reader, flavour }: Work<T>): Pod[] {
  const owner = controllerOf(set);
  const sets = owner ? reader.ownedBy(flavour.kind, owner.uid) : [set];
  return sets.flatMap((one) => reader.ownedBy(pod, one.metadata.uid));
}

async function createPods<T extends PodKeeper>(set: T, count: number, work: Work<T>): Promise<Failure | undefined> {
  const wanted = podFromTemplate(set, work.flavour.kind);
  const { error } = await slowStart(count, () => createPod({ ...work, owner: set }, wanted));
  if (!error || isNamespaceEnding(error)) return undefined;
  return { reason: 'FailedCreate', message: errorMessage(error), error };
}

async function removePods<T extends PodKeeper>(
  set: T,
  pods: readonly Pod[],
  work: Work<T>,
): Promise<Failure | undefined> {
  const results = await Promise.allSettled(pods.map((one) => deletePod({ ...work, owner: set }, one)));
  const failed = results.find((result) => result.status === 'rejected');
  if (!failed) return undefined;
  return { reason: 'FailedDelete', message: errorMessage(failed.reason), error: failed.reason };
}

async function writeStatus<T extends PodKeeper>(
  set: T,
  pods: readonly Pod[],
  failure: ReplicaFailure | undefined,
  { key, client, clock, flavour, versions }: Work<T>,
): Promise<void> {
  const counted = replicaSetStatus(set, pods, failure, clock.now());
  if (!flavour.countsTerminating) delete counted.terminatingReplicas;
  const status = withoutZeros(counted, ['replicas', 'terminatingReplicas']);
  if (semanticEqual(status, set.status)) return;
  const written = await unlessGone(client.updateStatus(flavour.kind, { ...set, status }));
  if (written) versions.written(key, written);
}

import { replicaSet, type ReplicaSet } from '../../api/apps-v1/replica-set.ts';
import { pod, type Pod } from '../../api/core-v1/pod.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import { selectorFromObject } from '../../apimachinery/label-selector.ts';
import { controllerOf, keyOf } from '../../apimachinery/object.ts';
import { errorMessage } from '../../base/log.ts';
import { controller, type ClusterReader, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { candidatesOf, claim, orphanIndex, orphanNamespace, planClaims } from '../claim.ts';
import { Expectations } from '../expectations.ts';
import { isNamespaceEnding } from '../../client/namespace-ending.ts';
import { semanticEqual } from '../semantic-equal.ts';
import { slowStart } from '../slow-start.ts';
import { withoutZeros } from '../without-zeros.ts';
import { planReplicas, podFromTemplate } from './plan.ts';
import { nextAvailable, replicaSetStatus, type ReplicaFailure } from './status.ts';

/** Keeps as many pods as each ReplicaSet wants. */
export const replicaSetController: Controller = {
  name: 'replicaset-controller',
  start(dependencies) {
    const expectations = new Expectations(dependencies.clock);
    return controller<ReplicaSet>({
      name: 'replicaset-controller',
      for: replicaSet,
      owns: [pod],
      watches: [
        {
          kind: pod,
          indexes: { [orphanIndex]: orphanNamespace },
          keys: (changed: Pod, reader) => podKeys(changed, reader, expectations),
        },
      ],
      workers: 5,
      reconcile: (key, context) => reconcile(key, context, expectations),
    }).start(dependencies);
  },
};

/** Notes that a pod was seen, and finds the sets that might adopt one that nobody controls. */
function podKeys(changed: Pod, reader: ClusterReader, expectations: Expectations): string[] {
  const owner = controllerOf(changed);
  const { namespace, uid, labels } = changed.metadata;
  if (owner) {
    if (owner.kind === replicaSet.kind) expectations.seen(keyOf({ namespace, name: owner.name }), uid);
    return [];
  }
  if (!labels) return [];
  return reader
    .list(replicaSet, namespace)
    .filter((set) => selects(set, changed))
    .map(keyOf);
}

function selects(set: ReplicaSet, changed: Pod): boolean {
  return selectorFromObject(set.spec?.selector).matches(changed.metadata.labels);
}

async function reconcile(
  key: string,
  context: ReconcileContext,
  expectations: Expectations,
): Promise<void | { after: number }> {
  const { reader, client, clock } = context;
  const set = reader.get(replicaSet, key);
  if (!set) return expectations.forget(key);
  const candidates = candidatesOf(reader, pod, set);
  const claims = planClaims(set, selectorFromObject(set.spec?.selector), candidates);
  const pods = await claim(client, pod, replicaSet, set, claims);
  let failure: Failure | undefined;
  if (expectations.pending(key, (object) => reader.get(pod, keyOf(object))) === 0) {
    const plan = planReplicas(set, pods, () => relatedPods(reader, set), clock.now());
    failure =
      (await createPods(set, plan.create, key, context, expectations)) ??
      (await removePods(set, plan.remove, key, context, expectations));
  }
  await writeStatus(set, pods, failure, context);
  if (failure) throw failure.error;
  const after = nextAvailable(set, pods, clock.now());
  return after === undefined ? undefined : { after };
}

/** What went wrong, in words for the status and as it was thrown. */
type Failure = ReplicaFailure & { readonly error: unknown };

/** The pods of all replica sets that have the same owner, for the spread over nodes. */
function relatedPods(reader: ClusterReader, set: ReplicaSet): Pod[] {
  const owner = controllerOf(set);
  const sets = owner ? reader.ownedBy(replicaSet, owner.uid) : [set];
  return sets.flatMap((one) => reader.ownedBy(pod, one.metadata.uid));
}

async function createPods(
  set: ReplicaSet,
  count: number,
  key: string,
  { client, events }: ReconcileContext,
  expectations: Expectations,
): Promise<Failure | undefined> {
  const { error } = await slowStart(count, async () => {
    try {
      const created = await client.create(pod, podFromTemplate(set));
      expectations.created(key, created);
      events.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
    } catch (error) {
      if (!isNamespaceEnding(error)) {
        events.event(set, 'Warning', 'FailedCreate', `Error creating: ${errorMessage(error)}`);
      }
      throw error;
    }
  });
  if (!error || isNamespaceEnding(error)) return undefined;
  return { reason: 'FailedCreate', message: errorMessage(error), error };
}

async function removePods(
  set: ReplicaSet,
  pods: readonly Pod[],
  key: string,
  { client, events }: ReconcileContext,
  expectations: Expectations,
): Promise<Failure | undefined> {
  const errors: unknown[] = [];
  const remove = async (one: Pod) => {
    const { name, uid } = one.metadata;
    try {
      await client.delete(pod, one.metadata, { preconditions: { uid } });
      events.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      if (!isApiError(error, 'NotFound', 'Conflict')) {
        events.event(set, 'Warning', 'FailedDelete', `Error deleting: ${errorMessage(error)}`);
        errors.push(error);
        return;
      }
    }
    expectations.deleted(key, one);
  };
  await Promise.all(pods.map(remove));
  return errors.length > 0 ? { reason: 'FailedDelete', message: errorMessage(errors[0]), error: errors[0] } : undefined;
}

async function writeStatus(
  set: ReplicaSet,
  pods: readonly Pod[],
  failure: ReplicaFailure | undefined,
  { client, clock }: ReconcileContext,
): Promise<void> {
  const status = withoutZeros(replicaSetStatus(set, pods, failure, clock.now()), ['replicas', 'terminatingReplicas']);
  if (semanticEqual(status, set.status)) return;
  try {
    await client.updateStatus(replicaSet, { ...set, status });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

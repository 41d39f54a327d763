import { pod as podKind, type Pod } from '../../../api/core-v1/pod.ts';
import type { Eviction } from '../../../api/policy-v1/eviction.ts';
import { podDisruptionBudget, type PodDisruptionBudget } from '../../../api/policy-v1/pod-disruption-budget.ts';
import { ApiError, badRequest, isApiError } from '../../../apimachinery/api-error.ts';
import type { Subresource } from '../../../apimachinery/kind.ts';
import { formatTime } from '../../../apimachinery/time.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { readObject, type BodyTarget } from '../../handlers/body.ts';
import { deleteRequest, type DeleteRequest, type SentOptions } from '../../handlers/delete-options.ts';
import { checkNamespace } from '../../handlers/names.ts';
import { sendObject, successStatus } from '../../handlers/respond.ts';
import { writeOptions, type HandlerServices, type ResourceRequest } from '../../handlers/services.ts';
import { storageFor } from '../../registry/converting-storage.ts';
import { remove, type DeleteOptions } from '../../registry/delete.ts';
import { get } from '../../registry/get.ts';
import { collectionPrefix, type Registry, type Target, type WriteOptions } from '../../registry/registry.ts';
import { update } from '../../registry/update.ts';
import { apiServerUser } from '../../server-user.ts';
import { admitPosted } from '../admission.ts';
import { bypassesBudgets, charge, covers, letsUnhealthyGo, mayStart, stillProcessed } from './budget.ts';

const eviction: BodyTarget = {
  group: 'policy',
  version: 'v1',
  olderVersions: ['v1beta1'],
  kind: 'Eviction',
  definition: 'io.k8s.api.policy.v1.Eviction',
};
/** How often the deletion of a pod that changes meanwhile is tried. */
const tries = 5;

const statusOf = (kind: { readonly subresources: readonly Subresource<any>[] }) =>
  kind.subresources.find((s) => s.name === 'status')!;
const podStatus = statusOf(podKind);
const budgetStatus = statusOf(podDisruptionBudget);

/** What one eviction works with. */
interface Order {
  readonly registry: Registry;
  readonly target: Target;
  readonly how: DeleteOptions;
  readonly options: WriteOptions;
}

/** POST of an Eviction: deletes the pod, if the disruption budget that covers it can spare it. */
export async function handleEviction(services: HandlerServices, request: ResourceRequest): Promise<void> {
  const { exchange, target } = request;
  const sent: Eviction = await readObject(services, exchange, eviction);
  checkNamespace(target, sent);
  if (sent.metadata.name !== target.name) throw badRequest('name in URL does not match name in Eviction object');
  const { how, dryRun } = readOptions(exchange, sent.deleteOptions ?? {});
  const options = { ...writeOptions(exchange), dryRun };
  const { registry } = services;
  await admitPosted(registry, target, 'eviction', sent, options, () => evict({ registry, target, how, options }));
  sendObject(exchange, 201, { ...successStatus(), code: 201 });
}

/** How the pod is to be deleted. Both places may ask for a dry run, but not differently. @throws ApiError */
function readOptions({ query }: Exchange, sent: SentOptions): DeleteRequest {
  const [inQuery, inBody] = [query.getAll('dryRun'), sent.dryRun ?? []];
  if (inBody.length > 0 && inQuery.length > 0 && String(inBody) !== String(inQuery)) {
    const both = `[${inQuery.join(' ')}] and [${inBody.join(' ')}]`;
    throw badRequest(`Non-matching dry-run options in request and content: ${both}`);
  }
  return deleteRequest({ ...sent, dryRun: inBody.length > 0 ? inBody : inQuery });
}

async function evict(order: Order): Promise<void> {
  const found = await removeUncounted(order);
  if (!found) return;
  const budget = await theBudget(order.registry, found);
  if (budget && !letsUnhealthyGo(budget, found)) {
    await chargeBudget(order, budget);
    return deletePod(order, order.how);
  }
  return budget ? removeUnhealthy(order, budget, found) : deletePod(order, order.how);
}

/** Deletes a pod whose end disrupts nothing; answers the pod when budgets have to be asked. */
async function removeUncounted(order: Order): Promise<Pod | undefined> {
  const { registry, target, how } = order;
  const asked = how.preconditions?.resourceVersion;
  for (let left = tries; ; left--) {
    const found: Pod = (await get(registry, target)).object;
    if (!bypassesBudgets(found)) return found;
    try {
      await deletePod(order, mayStart(found) && !asked ? inState(how, found) : how);
      return undefined;
    } catch (error) {
      if (asked || left === 1 || !isApiError(error, 'Conflict')) throw error;
    }
  }
}

/** Deletes a pod that is not ready; one that has become ready meanwhile has to ask again. */
async function removeUnhealthy(order: Order, budget: PodDisruptionBudget, found: Pod): Promise<void> {
  try {
    await deletePod(order, inState(order.how, found));
  } catch (error) {
    const ours = !order.how.preconditions?.resourceVersion;
    throw ours && isApiError(error, 'Conflict') ? stillProcessed(budget.metadata.name) : error;
  }
}

/** Delete only if the pod is as it was seen. */
function inState(how: DeleteOptions, { metadata: { resourceVersion } }: Pod): DeleteOptions {
  return { ...how, preconditions: { ...how.preconditions, resourceVersion: resourceVersion } };
}

/** The budget that covers the pod. @throws ApiError when several do */
async function theBudget(registry: Registry, pod: Pod): Promise<PodDisruptionBudget | undefined> {
  const prefix = collectionPrefix({ kind: podDisruptionBudget, namespace: pod.metadata.namespace! });
  const { entries } = await storageFor(registry.storage, podDisruptionBudget).list(prefix);
  const covering = entries.map((e) => e.object as PodDisruptionBudget).filter((budget) => covers(budget, pod));
  if (covering.length < 2) return covering[0];
  const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
  throw new ApiError(500, '', message);
}

/** Takes one disruption off the budget, whoever else does so at the same time. @throws ApiError TooManyRequests */
async function chargeBudget({ registry, target, options }: Order, { metadata }: PodDisruptionBudget): Promise<void> {
  await update(registry, {
    kind: podDisruptionBudget,
    namespace: target.namespace,
    name: metadata.name,
    options: { user: apiServerUser, dryRun: options.dryRun },
    subresource: budgetStatus,
    produce: (current) => {
      current['status'] = charge(current, target.name, registry.clock.now());
      return current;
    },
  });
}

/** Says on the pod why it goes, then deletes it. Preconditions hold for the pod as it was before that. */
async function deletePod(order: Order, how: DeleteOptions): Promise<void> {
  const { registry, target, options } = order;
  const { uid, resourceVersion } = how.preconditions ?? {};
  if (options.dryRun) return void (await remove(registry, target, how, options));
  const { entry } = await update(registry, {
    ...target,
    options,
    subresource: podStatus,
    produce: (current) => {
      const marked = markEvicted(current, registry.clock.now());
      if (uid) marked.metadata.uid = uid;
      if (resourceVersion) marked.metadata.resourceVersion = resourceVersion;
      return marked;
    },
  });
  const preconditions = resourceVersion
    ? { ...how.preconditions, resourceVersion: entry.object.metadata.resourceVersion }
    : how.preconditions;
  await remove(registry, target, { ...how, preconditions }, options);
}

function markEvicted(pod: Pod, now: number): Pod {
  const type = 'DisruptionTarget';
  const conditions = pod.status?.conditions ?? [];
  const before = conditions.find((c) => c.type === type);
  const reason = 'EvictionByEvictionAPI';
  if (before?.status === 'True' && before.reason === reason) return pod;
  const lastTransitionTime = before?.status === 'True' ? before.lastTransitionTime : formatTime(now);
  const observedGeneration = pod.metadata.generation;
  const next = {
    type,
    status: 'True',
    reason,
    message: 'Eviction API: evicting',
    lastTransitionTime,
    ...(observedGeneration !== undefined && { observedGeneration }),
  };
  pod.status = {
    ...pod.status,
    conditions: [...conditions.filter((c) => c !== before), next],
  };
  return pod;
}

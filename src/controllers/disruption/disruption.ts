import { customResourceDefinition } from '../../api/apiextensions-v1/custom-resource-definition.ts';
import { replicaSet } from '../../api/apps-v1/replica-set.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { podDisruptionBudget, type PodDisruptionBudget } from '../../api/policy-v1/pod-disruption-budget.ts';
import { selectorFromObject } from '../../apimachinery/label-selector.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import { keyOf, type KubeObject } from '../../apimachinery/object.ts';
import { errorMessage } from '../../base/log.ts';
import {
  controller,
  type ClusterReader,
  type Controller,
  type ReconcileContext,
  type Watch,
} from '../../client/controller.ts';
import { selectorText } from '../selector-text.ts';
import { semanticEqual } from '../semantic-equal.ts';
import { budgetsCovering, Overlaps } from './overlaps.ts';
import { ownerScales, scaledKinds } from './owner-scales.ts';
import { failedStatus, needOf, needsScales, planBudget, type BudgetPlan, type BudgetStatus } from './plan.ts';
import { staleConditionController } from './stale-condition.ts';
import { unlessGone } from '../unless-gone.ts';

/** Works out how many of the pods that each PodDisruptionBudget covers may be evicted. */
export const disruptionController: Controller = {
  name: 'disruption-controller',
  start(dependencies) {
    const overlaps = new Overlaps();
    const budgets = controller<PodDisruptionBudget>({
      name: 'disruption-controller',
      eventSource: 'controllermanager',
      for: podDisruptionBudget,
      watches: [{ kind: podKind, keys: budgetsOf }, ...scaledKinds.map(watchScale)],
      reads: [customResourceDefinition],
      reconcile: (key, context) => reconcile(key, context, overlaps),
    });
    const running = [budgets, staleConditionController].map((one) => one.start(dependencies));
    return { stop: async () => void (await Promise.all(running.map((one) => one.stop()))) };
  },
};

/** A budget counts by what the owners of its pods want: that changes before the pods do, or without them when none can be made. */
function watchScale(kind: Kind<Scalable>): Watch<Scalable> {
  return {
    kind,
    concerns: (now, old) => now.spec?.replicas !== old.spec?.replicas,
    keys: (owner, reader) => [...new Set(podOf(owner, reader).flatMap((pod) => budgetsOf(pod, reader)))],
  };
}

type Scalable = KubeObject & { spec?: { replicas?: number } };

/** One of the owner's pods, which stands for all: they come from one template. */
function podOf({ metadata: { uid } }: KubeObject, reader: ClusterReader): Pod[] {
  const sets = reader.ownedBy(replicaSet, uid).map((set) => set.metadata.uid);
  return [uid, ...sets].flatMap((owner) => reader.ownedBy(podKind, owner).slice(0, 1));
}

function budgetsOf(pod: Pod, reader: ClusterReader): string[] {
  return budgetsCovering(pod, reader).map(keyOf);
}

async function reconcile(
  key: string,
  context: ReconcileContext,
  overlaps: Overlaps,
): Promise<void | { after: number }> {
  const { reader, clock, events } = context;
  const budget = reader.get(podDisruptionBudget, key);
  if (!budget) return overlaps.forget(key);
  let plan: BudgetPlan;
  try {
    plan = await workOut(budget, context, overlaps);
  } catch (error) {
    await writeStatus(budget, failedStatus(budget, errorMessage(error), clock.now()), context);
    return undefined;
  }
  for (const pod of plan.notDeleted) {
    events.event(pod, 'Warning', 'NotDeleted', `Pod was expected by PDB ${key} to be deleted but it wasn't`);
  }
  await writeStatus(budget, plan.status, context);
  return plan.after === undefined ? undefined : { after: plan.after };
}

/** @throws Error when the selector cannot be read or an owner has no scale */
async function workOut(
  budget: PodDisruptionBudget,
  context: ReconcileContext,
  overlaps: Overlaps,
): Promise<BudgetPlan> {
  const { reader, clock, events } = context;
  const selector = selectorFromObject(budget.spec?.selector);
  const pods = reader.list(podKind, budget.metadata.namespace).filter((pod) => selector.matches(pod.metadata.labels));
  overlaps.tell(budget, pods, context);
  if (pods.length === 0) events.event(budget, 'Normal', 'NoPods', 'No matching pods found');
  try {
    return planBudget(budget, pods, needOf(budget, pods, await scalesFor(budget, pods, context)), clock.now());
  } catch (error) {
    const message = `Failed to calculate the number of expected pods: ${errorMessage(error)}`;
    events.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', message);
    throw error;
  }
}

async function scalesFor(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  context: ReconcileContext,
): Promise<ReadonlyMap<string, number>> {
  if (!needsScales(budget)) return new Map();
  const { scales, unmanaged } = await ownerScales(pods, context);
  if (unmanaged.length > 0) {
    const message =
      `Pods selected by this PodDisruptionBudget (selector: ${selectorText(budget.spec?.selector)}) were found to be unmanaged. ` +
      'As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. ' +
      'To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.';
    context.events.event(budget, 'Warning', 'UnmanagedPods', message);
  }
  return scales;
}

async function writeStatus(
  budget: PodDisruptionBudget,
  status: BudgetStatus,
  { client }: ReconcileContext,
): Promise<void> {
  if (semanticEqual(status, budget.status)) return;
  await unlessGone(client.updateStatus(podDisruptionBudget, { ...budget, status }));
}

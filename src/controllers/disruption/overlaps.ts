import type { Pod } from '../../api/core-v1/pod.ts';
import { podDisruptionBudget, type PodDisruptionBudget } from '../../api/policy-v1/pod-disruption-budget.ts';
import { selectorFromObject } from '../../apimachinery/label-selector.ts';
import { keyOf } from '../../apimachinery/object.ts';
import type { ClusterReader, ReconcileContext } from '../../client/controller.ts';

/** The budgets of the pod's namespace that select it. One whose selector cannot be read selects nothing. */
export function budgetsCovering(pod: Pod, reader: ClusterReader): PodDisruptionBudget[] {
  const { namespace, labels } = pod.metadata;
  return reader.list(podDisruptionBudget, namespace).filter((budget) => {
    try {
      return selectorFromObject(budget.spec?.selector).matches(labels);
    } catch {
      return false;
    }
  });
}

/** Tells once of each pod that it has several budgets, for then it cannot be evicted at all. */
export class Overlaps {
  /** The uids of the pods that were told of, by the budget's key. */
  #told = new Map<string, ReadonlySet<string>>();

  /** `pods` are all that `budget` covers. Of several budgets the first by name tells. */
  tell(budget: PodDisruptionBudget, pods: readonly Pod[], { reader, events }: ReconcileContext): void {
    const key = keyOf(budget);
    const before = this.#told.get(key);
    const others = reader.list(podDisruptionBudget, budget.metadata.namespace).length > 1;
    const shared = others ? pods.filter((pod) => isFirstOfSeveral(budget, budgetsCovering(pod, reader))) : [];
    this.#told.set(key, new Set(shared.map(({ metadata }) => metadata.uid)));
    for (const pod of shared) {
      const { namespace, name, uid } = pod.metadata;
      if (before?.has(uid)) continue;
      const which = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.`;
      const message = `${which}  Chose "${budget.metadata.name}" arbitrarily.`;
      events.event(pod, 'Warning', 'MultiplePodDisruptionBudgets', message);
    }
  }

  forget(key: string): void {
    this.#told.delete(key);
  }
}

function isFirstOfSeveral({ metadata }: PodDisruptionBudget, all: readonly PodDisruptionBudget[]): boolean {
  return all.length > 1 && all.every((one) => one.metadata.name >= metadata.name);
}

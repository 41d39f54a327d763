import type { PodDisruptionBudget } from '../../api/policy-v1/pod-disruption-budget.ts';
import { selectorFromObject } from '../../apimachinery/label-selector.ts';
import type { PodInfo } from '../pod-info.ts';

/**
 * Parts pods into those whose removal a disruption budget forbids and the others, when they go in this order. What a
 * budget allows is used up by each pod; one that it counts as disrupted already costs nothing.
 */
export function splitByBudgets(
  pods: readonly PodInfo[],
  budgets: readonly PodDisruptionBudget[],
): { readonly violating: PodInfo[]; readonly others: PodInfo[] } {
  const accounts = budgets.map(({ metadata, spec, status }) => ({
    namespace: metadata.namespace,
    selector: selectorFromObject(spec?.selector),
    disrupted: status?.disruptedPods ?? {},
    left: status?.disruptionsAllowed ?? 0,
  }));
  const violates = ({ pod: { metadata } }: PodInfo) => {
    let violation = false;
    for (const account of accounts) {
      if (account.namespace !== metadata.namespace || !account.selector.matches(metadata.labels ?? {})) continue;
      if (Object.hasOwn(account.disrupted, metadata.name)) continue;
      if (--account.left < 0) violation = true;
    }
    return violation;
  };
  const violating: PodInfo[] = [];
  const others: PodInfo[] = [];
  for (const pod of pods) (violates(pod) ? violating : others).push(pod);
  return { violating, others };
}

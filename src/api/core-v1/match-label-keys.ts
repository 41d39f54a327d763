import type { V1LabelSelector, V1PodAffinityTerm } from '@kubernetes/client-node';
import type { Plain } from '../../apimachinery/object.ts';
import type { PodSpec } from './pod-spec.ts';

type Selector = Plain<V1LabelSelector>;
type Labels = Readonly<Record<string, string>>;

/**
 * Writes what `matchLabelKeys` and `mismatchLabelKeys` of affinity terms mean for this pod into the label selectors beside them, as their
 * documentation says: the scheduler then needs the selectors alone. Keys that the pod does not have say nothing.
 */
export function mergeMatchLabelKeys(spec: PodSpec, labels: Labels = {}): void {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  for (const affinity of [podAffinity, podAntiAffinity]) {
    for (const term of affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) merge(term, labels);
    for (const { podAffinityTerm } of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      merge(podAffinityTerm, labels);
    }
  }
}

/** A term may be missing: this comes before validation, which asks for one. */
function merge(term: Plain<V1PodAffinityTerm> | undefined, labels: Labels): void {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term ?? {};
  if (!labelSelector) return; // it selects nothing, and validation asks for one
  const more = [...requirements(matchLabelKeys, 'In', labels), ...requirements(mismatchLabelKeys, 'NotIn', labels)];
  if (more.length === 0) return;
  const merged: Selector = { ...labelSelector, matchExpressions: [...(labelSelector.matchExpressions ?? []), ...more] };
  (term as { labelSelector: Selector }).labelSelector = merged;
}

function requirements(keys: readonly string[], operator: string, labels: Labels) {
  const known = keys.filter((key) => Object.hasOwn(labels, key));
  return known.map((key) => ({ key, operator, values: [labels[key]!] }));
}

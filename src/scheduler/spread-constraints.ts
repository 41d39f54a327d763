import type { V1TopologySpreadConstraint } from '@kubernetes/client-node';
import { LabelSelector, selectorFromObject } from '../apimachinery/label-selector.ts';
import type { Plain } from '../apimachinery/object.ts';
import { untolerated } from './forbidding-taint.ts';
import type { NodeInfo } from './node-info.ts';
import { meetsDemand, type NodeDemand } from './node-selector.ts';
import type { PodInfo } from './pod-info.ts';

export type WrittenConstraint = Plain<V1TopologySpreadConstraint>;

/** A topology spread constraint, parsed for one pod. */
export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly minDomains: number;
  readonly selector: LabelSelector;
  /** Whether nodes that the pod's node affinity (or a taint) keeps it from are left out of the count. */
  readonly honorAffinity: boolean;
  readonly honorTaints: boolean;
}

/** Those of the pod's own constraints that are of this kind. */
export function ownConstraints(pod: PodInfo, when: WrittenConstraint['whenUnsatisfiable']): SpreadConstraint[] {
  const written = pod.spec.topologySpreadConstraints ?? [];
  return written.filter((c) => c.whenUnsatisfiable === when).map((c) => parseConstraint(c, pod.labels));
}

function parseConstraint(written: WrittenConstraint, labels: PodInfo['labels']): SpreadConstraint {
  const selector = selectorFromObject(written.labelSelector);
  return constraintOf(written, withLabels(selector, written.matchLabelKeys, labels));
}

/** The constraint with this selector instead of what it says itself. */
export function constraintOf(written: WrittenConstraint, selector: LabelSelector): SpreadConstraint {
  const { maxSkew, topologyKey, minDomains = 1 } = written;
  const honorAffinity = (written.nodeAffinityPolicy ?? 'Honor') === 'Honor';
  const honorTaints = (written.nodeTaintsPolicy ?? 'Ignore') === 'Honor';
  return { maxSkew, topologyKey, minDomains, selector, honorAffinity, honorTaints };
}

/** `matchLabelKeys`: pods count that have the same values as ours of these labels. */
function withLabels(selector: LabelSelector, keys: readonly string[] = [], labels: PodInfo['labels']): LabelSelector {
  const known = keys.filter((key) => Object.hasOwn(labels, key));
  if (known.length === 0) return selector;
  const more = known.map((key) => ({ key, operator: 'in' as const, values: [labels[key]!] }));
  return new LabelSelector([...selector.requirements, ...more]);
}

/** Whether the pods of the node count. */
export function includes(constraint: SpreadConstraint, pod: PodInfo, node: NodeInfo, demand: NodeDemand | undefined) {
  if (constraint.honorAffinity && !meetsDemand(node, demand)) return false;
  return !constraint.honorTaints || untolerated(pod.spec.tolerations, node.taints) === undefined;
}

/** Whether `other` is one of those among which ours is spread; pods that are going do not count. */
export function spreadsAmong({ selector }: SpreadConstraint, pod: PodInfo, other: PodInfo): boolean {
  return other.namespace === pod.namespace && !other.pod.metadata.deletionTimestamp && selects(selector, other.labels);
}

/** Here a selector that says nothing selects nothing. */
export function selects(selector: LabelSelector, labels: PodInfo['labels']): boolean {
  return !selector.empty && selector.matches(labels);
}

/** Whether the node is in a topology of each constraint. */
export function inAllTopologies(constraints: readonly SpreadConstraint[], { labels }: NodeInfo): boolean {
  for (const { topologyKey } of constraints) if (labels[topologyKey] === undefined) return false;
  return true;
}

import type { V1NodeSelectorRequirement, V1NodeSelectorTerm } from '@kubernetes/client-node';
import { LabelSelector, selectorFromMap, type LabelOperator } from '../../apimachinery/label-selector.ts';
import type { Plain } from '../../apimachinery/object.ts';
import type { PodSpec } from './pod-spec.ts';

export type NodeSelectorTerm = Plain<V1NodeSelectorTerm>;
type Requirement = Plain<V1NodeSelectorRequirement>;

/** What node selectors look at. */
export interface SelectableNode {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Whether a node is selected. */
export type NodeMatch = (node: SelectableNode) => boolean;

const operators: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
  Gt: 'gt',
  Lt: 'lt',
};

/** The terms of a node selector, parsed: one of them must match, and no terms match nothing. */
export function compileNodeSelectorTerms(terms: readonly NodeSelectorTerm[] = []): NodeMatch {
  const compiled = terms.map(compileNodeSelectorTerm);
  return (node) => compiled.some((matches) => matches(node));
}

/** One term: its labels and its fields must match; one that says nothing matches nothing. */
export function compileNodeSelectorTerm(term: NodeSelectorTerm): NodeMatch {
  const labels = compileRequirements(term.matchExpressions);
  const fields = compileRequirements(term.matchFields);
  if (labels.empty && fields.empty) return () => false;
  // The only field that node selectors may name is `metadata.name`.
  return (node) => labels.matches(node.labels) && (fields.empty || fields.matches({ 'metadata.name': node.name }));
}

/** What a pod demands of its node by `nodeSelector` and required node affinity. */
export function requiredNodeMatch(spec: Pick<PodSpec, 'nodeSelector' | 'affinity'>): NodeMatch {
  const selector = selectorFromMap(spec.nodeSelector);
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required) return (node) => selector.matches(node.labels);
  const terms = compileNodeSelectorTerms(required.nodeSelectorTerms);
  return (node) => selector.matches(node.labels) && terms(node);
}

/** An operator that we do not know matches nothing, as in upstream, where the whole term is in error. */
function compileRequirements(requirements: readonly Requirement[] = []): LabelSelector {
  const known = requirements.every((r) => Object.hasOwn(operators, r.operator));
  if (!known) return new LabelSelector([], true);
  return new LabelSelector(
    requirements.map(({ key, operator, values = [] }) => ({ key, operator: operators[operator]!, values })),
  );
}

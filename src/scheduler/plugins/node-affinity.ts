import type { V1NodeSelectorRequirement, V1NodeSelectorTerm } from '@kubernetes/client-node';
import type { PodSpec } from '../../api/core-v1/pod-spec.ts';
import { LabelSelector, selectorFromMap, type LabelOperator } from '../../apimachinery/label-selector.ts';
import type { Plain } from '../../apimachinery/object.ts';
import type { NodeInfo } from '../node-info.ts';
import { scaleToBest, type Plugin, type Rejection } from '../plugin.ts';

type Term = Plain<V1NodeSelectorTerm>;
type Requirement = Plain<V1NodeSelectorRequirement>;

/** A term of a node selector, parsed: its labels and its fields must match; one that says nothing matches nothing. */
interface CompiledTerm {
  readonly labels: LabelSelector;
  readonly fields: LabelSelector;
  readonly empty: boolean;
}

interface State {
  readonly selector: LabelSelector;
  /** One of these must match, if there are any. */
  readonly required: readonly CompiledTerm[] | undefined;
  readonly preferred: readonly { readonly weight: number; readonly term: CompiledTerm }[];
}

const mismatch: Rejection = { reasons: ["node(s) didn't match Pod's node affinity/selector"], unresolvable: true };

/** `spec.nodeSelector` and `spec.affinity.nodeAffinity`. */
export const nodeAffinity: Plugin<State, State> = {
  name: 'NodeAffinity',
  wakesOn: [{ on: ['NodeAdd', 'NodeUpdateNodeLabel'] }],
  preFilter: (pod) => ({ state: compile(pod.spec) }),
  preScore: (_, __, ___, state) => state,
  filter(_, node, { selector, required }) {
    if (!selector.matches(node.labels)) return mismatch;
    return required && !required.some((term) => matches(term, node)) ? mismatch : undefined;
  },
  score(_, node, { preferred }) {
    let score = 0;
    for (const { weight, term } of preferred) if (matches(term, node)) score += weight;
    return score;
  },
  normalize: (scores) => scaleToBest(scores),
};

function compile(spec: PodSpec): State {
  const affinity = spec.affinity?.nodeAffinity;
  return {
    selector: selectorFromMap(spec.nodeSelector),
    required: affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms.map(compileTerm),
    preferred: (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, preference }) => ({
      weight,
      term: compileTerm(preference),
    })),
  };
}

function compileTerm(term: Term): CompiledTerm {
  const labels = compileRequirements(term.matchExpressions);
  const fields = compileRequirements(term.matchFields);
  return { labels, fields, empty: labels.empty && fields.empty };
}

const operators: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
  Gt: 'gt',
  Lt: 'lt',
};

/** An operator that we do not know matches nothing, as in upstream, where the whole term is in error. */
function compileRequirements(requirements: readonly Requirement[] = []): LabelSelector {
  const known = requirements.every((r) => Object.hasOwn(operators, r.operator));
  if (!known) return new LabelSelector([], true);
  return new LabelSelector(
    requirements.map(({ key, operator, values = [] }) => ({ key, operator: operators[operator]!, values })),
  );
}

/** The only field that node selectors may name is `metadata.name`. */
function matches(term: CompiledTerm, node: NodeInfo): boolean {
  if (term.empty || !term.labels.matches(node.labels)) return false;
  return term.fields.empty || term.fields.matches({ 'metadata.name': node.name });
}

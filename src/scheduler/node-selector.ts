import type { V1NodeSelectorRequirement, V1NodeSelectorTerm } from '@kubernetes/client-node';
import type { PodSpec } from '../api/core-v1/pod-spec.ts';
import { LabelSelector, selectorFromMap, type LabelOperator } from '../apimachinery/label-selector.ts';
import type { Plain } from '../apimachinery/object.ts';

export type WrittenTerm = Plain<V1NodeSelectorTerm>;
type Requirement = Plain<V1NodeSelectorRequirement>;

/** What of a node is selected by. */
interface Selectable {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A term of a node selector, parsed: its labels and its fields must match; one that says nothing matches nothing. */
export interface NodeTerm {
  readonly labels: LabelSelector;
  readonly fields: LabelSelector;
  readonly empty: boolean;
  /** The nodes that it names, if it names any. */
  readonly names: readonly string[] | undefined;
}

/** What a pod demands of its node: `nodeSelector`, and one of the terms of its required node affinity. */
export interface NodeDemand {
  readonly selector: LabelSelector;
  readonly terms: readonly NodeTerm[] | undefined;
}

/** Undefined when the pod demands nothing. */
export function nodeDemand({ nodeSelector, affinity }: PodSpec): NodeDemand | undefined {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required && (!nodeSelector || Object.keys(nodeSelector).length === 0)) return undefined;
  return { selector: selectorFromMap(nodeSelector), terms: required?.nodeSelectorTerms.map(parseNodeTerm) };
}

export function meetsDemand(node: Selectable, demand: NodeDemand | undefined): boolean {
  if (!demand) return true;
  return demand.selector.matches(node.labels) && (!demand.terms || matchesSome(demand.terms, node));
}

/** Whether one of the terms matches. The only field that terms may name is `metadata.name`. */
export function matchesSome(terms: readonly NodeTerm[], node: Selectable): boolean {
  for (const term of terms) if (matchesTerm(term, node)) return true;
  return false;
}

export function matchesTerm(term: NodeTerm, node: Selectable): boolean {
  if (term.empty || !term.labels.matches(node.labels)) return false;
  return term.fields.empty || term.fields.matches({ 'metadata.name': node.name });
}

/** The only nodes that can match, where every term names some. */
export function namedNodes(terms: readonly NodeTerm[] | undefined): Set<string> | undefined {
  if (!terms) return undefined;
  const names = new Set<string>();
  for (const term of terms) {
    if (!term.names) return undefined;
    for (const name of term.names) names.add(name);
  }
  return names;
}

export function parseNodeTerm(term: WrittenTerm): NodeTerm {
  const labels = parseRequirements(term.matchExpressions);
  const fields = parseRequirements(term.matchFields);
  return { labels, fields, empty: labels.empty && fields.empty, names: namesOf(term) };
}

/** What all requirements of the name leave; undefined when there are none that list names. */
function namesOf({ matchFields = [] }: WrittenTerm): string[] | undefined {
  let names: string[] | undefined;
  for (const { key, operator, values = [] } of matchFields) {
    if (key !== 'metadata.name' || operator !== 'In') continue;
    names = names ? names.filter((name) => values.includes(name)) : [...values];
  }
  return names;
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
function parseRequirements(requirements: readonly Requirement[] = []): LabelSelector {
  const known = requirements.every((r) => Object.hasOwn(operators, r.operator));
  if (!known) return new LabelSelector([], true);
  return new LabelSelector(
    requirements.map(({ key, operator, values = [] }) => ({ key, operator: operators[operator]!, values })),
  );
}

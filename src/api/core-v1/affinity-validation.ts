import { forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import { checked, requiredText, validateLabelSelector } from '../meta-v1/checks.ts';
import type { Affinity, NodeSelector } from './pod-spec.ts';

type NodeTerm = NonNullable<NodeSelector['nodeSelectorTerms']>[number];
type NodeRequirement = NonNullable<NodeTerm['matchExpressions']>[number];
type PodAffinity = NonNullable<Affinity['podAffinity']>;
type PodTerm = NonNullable<PodAffinity['requiredDuringSchedulingIgnoredDuringExecution']>[number];

/** The rules of `spec.affinity`. */
export function validateAffinity(affinity: Affinity | undefined, field: string): FieldError[] {
  if (!affinity) return [];
  return [
    ...validateNodeAffinity(affinity.nodeAffinity, path(field, 'nodeAffinity')),
    ...validatePodAffinity(affinity.podAffinity, path(field, 'podAffinity')),
    ...validatePodAffinity(affinity.podAntiAffinity, path(field, 'podAntiAffinity')),
  ];
}

function validateNodeAffinity(affinity: Affinity['nodeAffinity'], field: string): FieldError[] {
  const must = affinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const should = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...(must ? validateNodeSelector(must, path(field, 'requiredDuringSchedulingIgnoredDuringExecution')) : []),
    ...should.flatMap((term, i) => {
      const at = `${field}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
      return [...validateWeight(term.weight, at), ...validateNodeTerm(term.preference ?? {}, path(at, 'preference'))];
    }),
  ];
}

/** The rules of a node selector: at least one term. */
export function validateNodeSelector(selector: NodeSelector, field: string): FieldError[] {
  const at = path(field, 'nodeSelectorTerms');
  const terms = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0) return [required(at, 'must have at least one node selector term')];
  return terms.flatMap((term, i) => validateNodeTerm(term, path(at, i)));
}

function validateNodeTerm(term: NodeTerm, field: string): FieldError[] {
  return [
    ...(term.matchExpressions ?? []).flatMap((r, i) => validateRequirement(r, `${field}.matchExpressions[${i}]`, true)),
    ...(term.matchFields ?? []).flatMap((r, i) => validateRequirement(r, `${field}.matchFields[${i}]`, false)),
  ];
}

function validateRequirement(requirement: NodeRequirement, field: string, isLabel: boolean): FieldError[] {
  const count = requirement.values?.length ?? 0;
  const values = path(field, 'values');
  const key = isLabel ? checked(path(field, 'key'), requirement.key ?? '', qualifiedName) : [];
  switch (requirement.operator) {
    case 'In':
    case 'NotIn':
      return count > 0 ? key : [required(values, "must be specified when `operator` is 'In' or 'NotIn'"), ...key];
    case 'Exists':
    case 'DoesNotExist':
      if (count === 0) return key;
      return [forbidden(values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"), ...key];
    case 'Gt':
    case 'Lt':
      if (count === 1) return key;
      return [required(values, "must be specified single value when `operator` is 'Lt' or 'Gt'"), ...key];
    default:
      return [invalid(path(field, 'operator'), requirement.operator ?? '', 'not a valid selector operator'), ...key];
  }
}

function validateWeight(weight: number | undefined, field: string): FieldError[] {
  const value = weight ?? 0;
  return value >= 1 && value <= 100 ? [] : [invalid(path(field, 'weight'), value, 'must be in the range 1-100')];
}

function validatePodAffinity(affinity: PodAffinity | undefined, field: string): FieldError[] {
  const must = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const should = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...must.flatMap((t, i) => validatePodTerm(t, `${field}.requiredDuringSchedulingIgnoredDuringExecution[${i}]`)),
    ...should.flatMap((term, i) => {
      const at = `${field}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
      const inner = term.podAffinityTerm ?? ({} as PodTerm);
      return [...validateWeight(term.weight, at), ...validatePodTerm(inner, path(at, 'podAffinityTerm'))];
    }),
  ];
}

function validatePodTerm(term: PodTerm, field: string): FieldError[] {
  return [
    ...validateLabelSelector(path(field, 'labelSelector'), term.labelSelector),
    ...validateLabelSelector(path(field, 'namespaceSelector'), term.namespaceSelector),
    ...requiredText(path(field, 'topologyKey'), term.topologyKey, qualifiedName, 'can not be empty'),
  ];
}

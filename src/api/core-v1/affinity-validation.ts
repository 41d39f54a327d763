import { forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from '../../apimachinery/names.ts';
import { checked, validateLabelSelector } from '../meta-v1/checks.ts';
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
    ...(term.matchExpressions ?? []).flatMap((r, i) => validateLabelRequirement(r, `${field}.matchExpressions[${i}]`)),
    ...(term.matchFields ?? []).flatMap((r, i) => validateFieldRequirement(r, `${field}.matchFields[${i}]`)),
  ];
}

function validateLabelRequirement(requirement: NodeRequirement, field: string): FieldError[] {
  return [
    ...validateOperator(requirement, field),
    ...checked(path(field, 'key'), requirement.key ?? '', qualifiedName),
    ...(requirement.values ?? []).flatMap((value, i) => checked(`${field}.values[${i}]`, value, labelValue)),
  ];
}

function validateOperator(requirement: NodeRequirement, field: string): FieldError[] {
  const count = requirement.values?.length ?? 0;
  const values = path(field, 'values');
  switch (requirement.operator) {
    case 'In':
    case 'NotIn':
      return count > 0 ? [] : [required(values, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist':
      if (count === 0) return [];
      return [forbidden(values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
    case 'Gt':
    case 'Lt':
      return count === 1 ? [] : [required(values, "must be specified single value when `operator` is 'Lt' or 'Gt'")];
    default:
      return [invalid(path(field, 'operator'), requirement.operator ?? '', NOT_AN_OPERATOR)];
  }
}

const NOT_AN_OPERATOR = 'not a valid selector operator';

/** Nodes can be chosen by one field only: their name. */
function validateFieldRequirement(requirement: NodeRequirement, field: string): FieldError[] {
  const { key, operator, values = [] } = requirement;
  const errors: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(invalid(path(field, 'operator'), operator ?? '', NOT_AN_OPERATOR));
  } else if (values.length !== 1) {
    const detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(required(path(field, 'values'), detail));
  }
  if (key !== 'metadata.name') {
    return [...errors, invalid(path(field, 'key'), key ?? '', 'not a valid field selector key')];
  }
  return [...errors, ...values.flatMap((value, i) => checked(`${field}.values[${i}]`, value, dns1123Subdomain))];
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
  const at = path(field, 'topologyKey');
  return [
    ...validateLabelSelector(path(field, 'labelSelector'), term.labelSelector),
    ...validateLabelSelector(path(field, 'namespaceSelector'), term.namespaceSelector),
    ...(term.namespaces ?? []).flatMap((name) => checked(path(field, 'namespace'), name, dns1123Label)),
    ...validateMatchKeys(term, field),
    ...(term.topologyKey ? [] : [required(at, 'can not be empty')]),
    ...checked(at, term.topologyKey ?? '', qualifiedName),
  ];
}

/** Keys whose values the pod itself gives must not be chosen in another way too. */
function validateMatchKeys(term: PodTerm, field: string): FieldError[] {
  const { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector } = term;
  const check = (keys: readonly string[], list: string): FieldError[] => {
    if (keys.length === 0) return [];
    const at = path(field, list);
    if (!labelSelector) return [forbidden(at, 'must not be specified when labelSelector is not set')];
    return keys.flatMap((key, i) => checked(path(at, i), key, qualifiedName));
  };
  const errors = [...check(matchLabelKeys, 'matchLabelKeys'), ...check(mismatchLabelKeys, 'mismatchLabelKeys')];
  matchLabelKeys.forEach((key, i) => {
    if (!mismatchLabelKeys.includes(key)) return;
    errors.push(invalid(`${field}.matchLabelKeys[${i}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys'));
  });
  return errors;
}

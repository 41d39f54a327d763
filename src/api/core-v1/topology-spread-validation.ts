import { duplicate, forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import { checked, oneOf, validateLabelSelector } from '../meta-v1/checks.ts';
import type { PodSpec } from './pod-spec.ts';

type Constraint = NonNullable<PodSpec['topologySpreadConstraints']>[number];

const NOT_POSITIVE = 'must be greater than zero';
const POLICIES = ['Honor', 'Ignore'];

/** The rules of `spec.topologySpreadConstraints`. */
export function validateTopologySpread(constraints: readonly Constraint[], field: string): FieldError[] {
  const pairs = constraints.map((c) => `{${c.topologyKey ?? ''}, ${c.whenUnsatisfiable ?? ''}}`);
  const last = new Map(pairs.map((pair, i) => [pair, i]));
  return constraints.flatMap((constraint, i) => {
    const at = path(field, i);
    const errors = validateConstraint(constraint, at);
    // It is the first of two that is named.
    if (last.get(pairs[i]!) !== i) errors.push(duplicate(path(at, '{topologyKey, whenUnsatisfiable}'), pairs[i]));
    return [...errors, ...validatePolicies(constraint, at)];
  });
}

function validateConstraint(constraint: Constraint, field: string): FieldError[] {
  const skew = constraint.maxSkew ?? 0;
  const key = path(field, 'topologyKey');
  return [
    ...(skew <= 0 ? [invalid(path(field, 'maxSkew'), skew, NOT_POSITIVE)] : []),
    ...(constraint.topologyKey
      ? checked(key, constraint.topologyKey, qualifiedName)
      : [required(key, 'can not be empty')]),
    ...oneOf(path(field, 'whenUnsatisfiable'), constraint.whenUnsatisfiable ?? '', ['DoNotSchedule', 'ScheduleAnyway']),
  ];
}

function validatePolicies(constraint: Constraint, field: string): FieldError[] {
  return [
    ...validateMinDomains(constraint, path(field, 'minDomains')),
    ...oneOf(path(field, 'nodeAffinityPolicy'), constraint.nodeAffinityPolicy, POLICIES),
    ...oneOf(path(field, 'nodeTaintsPolicy'), constraint.nodeTaintsPolicy, POLICIES),
    ...validateMatchLabelKeys(constraint, path(field, 'matchLabelKeys')),
    ...validateLabelSelector(path(field, 'labelSelector'), constraint.labelSelector),
  ];
}

function validateMinDomains({ minDomains, whenUnsatisfiable }: Constraint, field: string): FieldError[] {
  if (minDomains === undefined) return [];
  const errors = minDomains <= 0 ? [invalid(field, minDomains, NOT_POSITIVE)] : [];
  if (whenUnsatisfiable === 'DoNotSchedule') return errors;
  const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
  return [...errors, invalid(field, minDomains, detail)];
}

function validateMatchLabelKeys({ matchLabelKeys = [], labelSelector }: Constraint, field: string): FieldError[] {
  if (matchLabelKeys.length === 0) return [];
  if (!labelSelector) return [forbidden(field, 'must not be specified when labelSelector is not set')];
  const selected = new Set([
    ...Object.keys(labelSelector.matchLabels ?? {}),
    ...(labelSelector.matchExpressions ?? []).map((r) => r.key),
  ]);
  return matchLabelKeys.flatMap((key, i) => [
    ...checked(path(field, i), key, qualifiedName),
    ...(selected.has(key) ? [invalid(path(field, i), key, 'exists in both matchLabelKeys and labelSelector')] : []),
  ]);
}

import {
  duplicate,
  invalid,
  invalidWhole,
  path,
  required,
  tooMany,
  type FieldError,
} from '../../apimachinery/field-error.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import { checked, oneOf, repeats } from '../meta-v1/checks.ts';
import type { JobSpec } from './job-spec.ts';

type Rule = NonNullable<JobSpec['podFailurePolicy']>['rules'][number];
type OnExitCodes = NonNullable<Rule['onExitCodes']>;
type OnPodConditions = NonNullable<Rule['onPodConditions']>;

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const STATUSES = ['False', 'True', 'Unknown'];
const LIMITS = { rules: 20, conditions: 20, exitCodes: 255 };

/** Conditions that a rule names without a status must be true. */
export function defaultFailurePolicy(spec: JobSpec): void {
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  }
}

/** What to do about pods that fail: each rule looks at exit codes or at conditions. */
export function validateFailurePolicy(spec: JobSpec, field: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const at = path(field, 'rules');
  const template = spec.template?.spec;
  const names = [...(template?.containers ?? []), ...(template?.initContainers ?? [])].map((c) => c.name);
  return [
    ...(rules.length > LIMITS.rules ? [tooMany(at, rules.length, LIMITS.rules)] : []),
    ...rules.flatMap((rule, i) => validateRule(rule, spec, names, path(at, i))),
  ];
}

function validateRule(rule: Rule, spec: JobSpec, names: readonly string[], at: string): FieldError[] {
  const { onExitCodes, onPodConditions } = rule;
  const conditions = onPodConditions?.length ? onPodConditions : undefined;
  const errors = validateAction(rule.action, spec, path(at, 'action'));
  if (onExitCodes) errors.push(...validateExitCodes(onExitCodes, names, path(at, 'onExitCodes')));
  if (conditions) errors.push(...validateConditions(conditions, path(at, 'onPodConditions')));
  if (onExitCodes && conditions) {
    errors.push(invalidWhole(at, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  }
  if (!onExitCodes && !conditions) {
    errors.push(invalidWhole(at, 'specifying one of OnExitCodes and OnPodConditions is required'));
  }
  return errors;
}

function validateAction(action: string | undefined, spec: JobSpec, field: string): FieldError[] {
  if (!action) return [required(field, validValues(ACTIONS))];
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    return [invalid(field, action, 'requires the backoffLimitPerIndex to be set')];
  }
  return oneOf(field, action, ACTIONS);
}

function validateExitCodes(codes: OnExitCodes, names: readonly string[], at: string): FieldError[] {
  const values = codes.values ?? [];
  const field = path(at, 'values');
  const errors = requiredChoice(path(at, 'operator'), codes.operator, OPERATORS);
  if (codes.containerName !== undefined && !names.includes(codes.containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template';
    errors.push(invalid(path(at, 'containerName'), codes.containerName, detail));
  }
  if (values.length === 0) errors.push(invalid(field, values, 'at least one value is required'));
  else if (values.length > LIMITS.exitCodes) errors.push(tooMany(field, values.length, LIMITS.exitCodes));
  const again = repeats(values);
  values.forEach((value, i) => {
    if (codes.operator === 'In' && value === 0) {
      errors.push(invalid(path(field, i), value, 'must not be 0 for the In operator'));
    }
    if (again(i)) errors.push(duplicate(path(field, i), value));
  });
  const ordered = values.every((value, i) => i === 0 || values[i - 1]! <= value);
  return ordered ? errors : [...errors, invalid(field, values, 'must be ordered')];
}

function validateConditions(patterns: OnPodConditions, at: string): FieldError[] {
  const errors = patterns.length > LIMITS.conditions ? [tooMany(at, patterns.length, LIMITS.conditions)] : [];
  patterns.forEach((pattern, i) => {
    errors.push(...checked(path(at, i, 'type'), pattern.type ?? '', qualifiedName));
    errors.push(...requiredChoice(path(at, i, 'status'), pattern.status, STATUSES));
  });
  return errors;
}

function requiredChoice(field: string, value: string | undefined, values: readonly string[]): FieldError[] {
  if (!value) return [required(field, validValues(values))];
  return oneOf(field, value, values);
}

function validValues(values: readonly string[]): string {
  return `valid values: [${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}

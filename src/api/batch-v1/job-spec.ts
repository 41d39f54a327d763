import type { V1JobSpec } from '@kubernetes/client-node';
import {
  invalid,
  notSupported,
  path,
  required,
  tooLong,
  tooMany,
  type FieldError,
} from '../../apimachinery/field-error.ts';
import type { Plain } from '../../apimachinery/object.ts';
import { defaultPodTemplate, validatePodTemplate } from '../core-v1/pod-template-spec.ts';
import { nonNegative, oneOf } from '../meta-v1/checks.ts';
import { domainPrefixedPath } from '../meta-v1/domain-path.ts';
import { countIndexes } from './job-indexes.ts';
import { defaultFailurePolicy, validateFailurePolicy } from './pod-failure-policy.ts';

export type JobSpec = Plain<V1JobSpec>;
type SuccessRule = NonNullable<JobSpec['successPolicy']>['rules'][number];

const INT32_MAX = 2 ** 31 - 1;
const RETRIES = 6;
/** Limits of jobs whose pods have indexes. */
const LIMITS = { parallelism: 100_000, completions: 100_000, failedOfMany: 10_000, rules: 20, managedBy: 63 };

/** What a job's spec gets; a cron job's template gets only its pods' defaults. */
export function defaultJobSpec(spec: JobSpec): void {
  defaultJobTemplateSpec(spec);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? RETRIES : INT32_MAX;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
}

/** What the spec of jobs to come gets. */
export function defaultJobTemplateSpec(spec: JobSpec): void {
  defaultPodTemplate(spec);
  defaultFailurePolicy(spec);
}

/** The rules of a job's spec wherever it stands. */
export function validateJobSpec(spec: JobSpec, field: string): FieldError[] {
  const counts = [
    ...(['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit'] as const),
    ...(['ttlSecondsAfterFinished', 'backoffLimitPerIndex', 'maxFailedIndexes'] as const),
  ];
  return [
    ...counts.flatMap((name) => nonNegative(path(field, name), spec[name])),
    ...(spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined
      ? [required(path(field, 'backoffLimitPerIndex'), 'when maxFailedIndexes is specified')]
      : []),
    ...validateManager(spec.managedBy, path(field, 'managedBy')),
    ...validateCompletionMode(spec, field),
    ...validateFailurePolicy(spec, path(field, 'podFailurePolicy')),
    ...validateSuccessPolicy(spec, path(field, 'successPolicy')),
    ...validateReplacement(spec, path(field, 'podReplacementPolicy')),
    ...validatePodTemplate(spec.template, path(field, 'template')),
    ...validateRestartPolicy(spec, path(field, 'template', 'spec', 'restartPolicy')),
  ];
}

/** Who takes care of the job: a path below a domain. */
function validateManager(manager: string | undefined, field: string): FieldError[] {
  if (manager === undefined) return [];
  const errors = domainPrefixedPath(field, manager);
  return manager.length > LIMITS.managedBy ? [...errors, tooLong(field, LIMITS.managedBy)] : errors;
}

function validateCompletionMode(spec: JobSpec, field: string): FieldError[] {
  const mode = spec.completionMode;
  if (mode === undefined || mode === 'NonIndexed') {
    return (['backoffLimitPerIndex', 'maxFailedIndexes'] as const)
      .filter((name) => spec[name] !== undefined)
      .map((name) => invalid(path(field, name), spec[name], 'requires indexed completion mode'));
  }
  if (mode === 'Indexed') return validateIndexed(spec, field);
  return [notSupported(path(field, 'completionMode'), mode, ['NonIndexed', 'Indexed'])];
}

function validateIndexed(spec: JobSpec, field: string): FieldError[] {
  const { completions, parallelism = 0, maxFailedIndexes: failed } = spec;
  const errors: FieldError[] = [];
  const add = (name: string, value: unknown, detail: string) => errors.push(invalid(path(field, name), value, detail));
  if (completions === undefined) errors.push(required(path(field, 'completions'), 'when completion mode is Indexed'));
  if (parallelism > LIMITS.parallelism) {
    const detail = `must be less than or equal to ${LIMITS.parallelism} when completion mode is Indexed`;
    add('parallelism', parallelism, detail);
  }
  if (completions === undefined) return errors;
  if (failed !== undefined && failed > completions) {
    add('maxFailedIndexes', failed, 'must be less than or equal to completions');
  }
  if (completions <= LIMITS.completions || spec.backoffLimitPerIndex === undefined) return errors;
  const many = `when completions are above ${LIMITS.completions} and used with backoff limit per index`;
  const atMost = `must be less than or equal to ${LIMITS.failedOfMany} ${many}`;
  if (failed === undefined) {
    const detail = `must be specified when completions is above ${LIMITS.completions}`;
    errors.push(required(path(field, 'maxFailedIndexes'), detail));
  } else if (failed > LIMITS.failedOfMany) add('maxFailedIndexes', failed, atMost);
  if (parallelism > LIMITS.failedOfMany) add('parallelism', parallelism, atMost);
  return errors;
}

function validateSuccessPolicy(spec: JobSpec, field: string): FieldError[] {
  if (!spec.successPolicy) return [];
  if (spec.completionMode !== 'Indexed') {
    return [invalid(field, spec.successPolicy, 'requires indexed completion mode')];
  }
  const rules = spec.successPolicy.rules ?? [];
  const at = path(field, 'rules');
  if (rules.length === 0) {
    return [required(at, 'at least one rules must be specified when the successPolicy is specified')];
  }
  return [
    ...(rules.length > LIMITS.rules ? [tooMany(at, rules.length, LIMITS.rules)] : []),
    ...rules.flatMap((rule, i) => validateSuccessRule(rule, spec.completions ?? 0, path(at, i))),
  ];
}

function validateSuccessRule(rule: SuccessRule, completions: number, at: string): FieldError[] {
  const { succeededCount: count, succeededIndexes: indexes } = rule;
  if (count === undefined && indexes === undefined) {
    return [required(at, 'at least one of succeededCount or succeededIndexes must be specified')];
  }
  const named = indexes === undefined ? undefined : countIndexes(indexes, completions);
  const errors: FieldError[] = [];
  if (typeof named === 'string') {
    const detail = `error parsing succeededIndexes: ${named}`;
    errors.push(invalid(path(at, 'succeededIndexes'), indexes, detail));
  }
  if (count === undefined) return errors;
  const field = path(at, 'succeededCount');
  errors.push(...nonNegative(field, count));
  const atMost = (most: number, what: string) =>
    count > most ? [invalid(field, count, `must be less than or equal to ${most} (the number of ${what})`)] : [];
  errors.push(...atMost(completions, 'specified completions'));
  if (typeof named === 'number') {
    errors.push(...atMost(named, 'indexes in the specified succeededIndexes field'));
  }
  return errors;
}

function validateReplacement({ podReplacementPolicy: policy, podFailurePolicy }: JobSpec, field: string): FieldError[] {
  return oneOf(field, policy, podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed']);
}

/** Pods of a job end; so the default of pods does not fit. */
function validateRestartPolicy(spec: JobSpec, field: string): FieldError[] {
  const policy = spec.template?.spec?.restartPolicy;
  if (policy === 'Always') return [required(field, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(field, policy ?? '', ['OnFailure', 'Never'])];
  if (!spec.podFailurePolicy || policy === 'Never') return [];
  return [invalid(field, policy, 'only "Never" is supported when podFailurePolicy is specified')];
}

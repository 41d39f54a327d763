import type { V1JobSpec } from '@kubernetes/client-node';
import { invalid, notSupported, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import type { Plain } from '../../apimachinery/object.ts';
import { defaultPodTemplate, validatePodTemplate } from '../core-v1/pod-template-spec.ts';
import { nonNegative, oneOf } from '../meta-v1/checks.ts';

export type JobSpec = Plain<V1JobSpec>;

const INT32_MAX = 2 ** 31 - 1;
const RETRIES = 6;

/** What a job's spec gets; a cron job's template gets only its pods' defaults. */
export function defaultJobSpec(spec: JobSpec): void {
  defaultPodTemplate(spec);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? RETRIES : INT32_MAX;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
}

/** The rules of a job's spec wherever it stands. */
export function validateJobSpec(spec: JobSpec, field: string): FieldError[] {
  const counts = [
    ...(['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit'] as const),
    ...(['ttlSecondsAfterFinished', 'backoffLimitPerIndex', 'maxFailedIndexes'] as const),
  ];
  return [
    ...counts.flatMap((name) => nonNegative(path(field, name), spec[name])),
    ...oneOf(path(field, 'completionMode'), spec.completionMode, ['NonIndexed', 'Indexed']),
    ...validateIndexed(spec, field),
    ...oneOf(path(field, 'podReplacementPolicy'), spec.podReplacementPolicy, ['Failed', 'TerminatingOrFailed']),
    ...validatePodTemplate(spec.template, path(field, 'template')),
    ...validateRestartPolicy(spec, path(field, 'template', 'spec', 'restartPolicy')),
  ];
}

function validateIndexed(spec: JobSpec, field: string): FieldError[] {
  if (spec.completionMode !== 'Indexed') {
    if (spec.backoffLimitPerIndex === undefined) return [];
    const detail = 'requires indexed completion mode';
    return [invalid(path(field, 'backoffLimitPerIndex'), spec.backoffLimitPerIndex, detail)];
  }
  if (spec.completions !== undefined) return [];
  return [required(path(field, 'completions'), 'when completion mode is Indexed')];
}

/** Pods of a job end; so the default of pods does not fit. */
function validateRestartPolicy(spec: JobSpec, field: string): FieldError[] {
  const policy = spec.template?.spec?.restartPolicy;
  if (policy === 'Always') return [required(field, 'valid values: "OnFailure", "Never"')];
  if (policy === 'OnFailure' || policy === 'Never') return [];
  return [notSupported(field, policy, ['OnFailure', 'Never'])];
}

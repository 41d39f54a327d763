import { invalid, invalidWhole, required, type FieldError } from '../../apimachinery/field-error.ts';
import { timeOrZero } from '../../apimachinery/time.ts';
import { immutable, nonNegative, same } from '../meta-v1/checks.ts';
import { countIndexes } from './job-indexes.ts';
import type { Job } from './job.ts';

type Status = NonNullable<Job['status']>;

const COUNTS = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const;

/** Before a job ends it says why; pods are waited for in between. */
const PRECEDED = [
  ['Failed', 'FailureTarget', 'FailureTarget=true'],
  ['Complete', 'SuccessCriteriaMet', 'SuccessCriteriaMet=true'],
] as const;

/** The rules of a change of a job's status. What was already wrong and did not change may stay. */
export function validateJobStatus(job: Job, old: Job): FieldError[] {
  const [now, before] = [job.status ?? {}, old.status ?? {}];
  return [
    ...COUNTS.flatMap((name) => nonNegative(`status.${name}`, now[name])),
    ...validateConditions(now, before),
    ...(isFinished(now) && !isFinished(before) ? validateFinished(now) : []),
    ...validateTimes(job, old),
    ...validateIndexes(job, before),
    ...validateReady(now, before),
  ];
}

function has(status: Status, type: string): boolean {
  return status.conditions?.some((c) => c.type === type && c.status === 'True') ?? false;
}

function isFinished(status: Status): boolean {
  return has(status, 'Complete') || has(status, 'Failed');
}

function validateConditions(now: Status, before: Status): FieldError[] {
  const field = 'status.conditions';
  const errors = ['Failed', 'Complete', 'FailureTarget', 'SuccessCriteriaMet']
    .filter((type) => has(before, type) && !has(now, type))
    .map((type) =>
      invalidWhole(field, `cannot disable ${isTerminal(type) ? 'the terminal ' : ''}${type}=True condition`),
    );
  for (const [type, reason, shown] of PRECEDED) {
    if (has(now, type) && !has(before, type) && !has(now, reason)) {
      errors.push(invalidWhole(field, `cannot set ${type}=True condition without the ${shown} condition`));
    }
  }
  if (has(now, 'Complete')) {
    for (const type of ['Failed', 'FailureTarget']) {
      if (has(now, type)) errors.push(invalidWhole(field, `cannot set Complete=True and ${type}=true conditions`));
    }
  }
  return errors;
}

function isTerminal(type: string): boolean {
  return type === 'Failed' || type === 'Complete';
}

/** Who finishes has started, and has no pods left. */
function validateFinished(status: Status): FieldError[] {
  const { uncountedTerminatedPods: uncounted } = status;
  const errors: FieldError[] = [];
  if (!status.startTime) errors.push(required('status.startTime', 'startTime is required for finished job'));
  for (const name of ['active', 'terminating'] as const) {
    const count = status[name] ?? 0;
    if (count > 0) errors.push(invalid(`status.${name}`, count, `${name}>0 is invalid for finished job`));
  }
  if (uncounted?.failed?.length || uncounted?.succeeded?.length) {
    const detail = 'uncountedTerminatedPods needs to be empty for finished job';
    errors.push(invalid('status.uncountedTerminatedPods', uncounted, detail));
  }
  return errors;
}

function validateTimes(job: Job, old: Job): FieldError[] {
  const [now, before] = [job.status ?? {}, old.status ?? {}];
  const [start, end] = [now.startTime, now.completionTime];
  const errors: FieldError[] = [];
  if (end && !has(now, 'Complete') && !same(end, before.completionTime)) {
    const detail = 'cannot set completionTime when there is no Complete=True condition';
    errors.push(invalid('status.completionTime', end, detail));
  }
  if (!end && has(now, 'Complete') && !has(before, 'Complete')) {
    errors.push(required('status.completionTime', 'completionTime is required for Complete jobs'));
  }
  if (before.completionTime && has(before, 'Complete') && !same(end, before.completionTime)) {
    errors.push(invalid('status.completionTime', end ?? null, 'field is immutable'));
  }
  if (start && end && timeOrZero(end) < timeOrZero(start)) {
    errors.push(invalid('status.completionTime', end, 'completionTime cannot be set before startTime'));
  }
  const running = job.spec?.suspend !== true && old.spec?.suspend !== true;
  if (before.startTime && running && !same(start, before.startTime)) {
    if (!start) errors.push(required('status.startTime', 'startTime cannot be removed for unsuspended job'));
    else errors.push(...immutable('status.startTime', start, before.startTime));
  }
  return errors;
}

function validateIndexes({ spec, status = {} }: Job, before: Status): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['completedIndexes', 'failedIndexes'] as const) {
    const text = status[name];
    if (!text || text === before[name]) continue;
    if (spec?.completionMode !== 'Indexed') {
      const detail = `cannot set non-empty ${name} when non-indexed completion mode`;
      errors.push(invalid(`status.${name}`, text, detail));
      continue;
    }
    if (name === 'failedIndexes' && spec.backoffLimitPerIndex === undefined) {
      const detail = 'cannot set non-empty failedIndexes when backoffLimitPerIndex is not specified';
      errors.push(invalid('status.failedIndexes', text, detail));
    }
    const counted = countIndexes(text, spec.completions ?? 0);
    if (typeof counted === 'string') {
      errors.push(invalid(`status.${name}`, text, `error parsing ${name}: ${counted}`));
    }
  }
  return errors;
}

function validateReady(now: Status, before: Status): FieldError[] {
  const [ready, active] = [now.ready ?? 0, now.active ?? 0];
  if (ready <= active || same([now.ready, now.active], [before.ready, before.active])) return [];
  return [invalid('status.ready', ready, 'cannot set more ready pods than active')];
}

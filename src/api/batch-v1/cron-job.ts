import type { V1CronJob } from '@kubernetes/client-node';
import { invalid, notSupported, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { age } from '../../apimachinery/time.ts';
import { podTemplateWarnings } from '../core-v1/pod-warnings.ts';
import { podNameWarnings } from '../apps-v1/workload-warnings.ts';
import { containerImages, containerNameList } from '../core-v1/pod-template-columns.ts';
import { nonNegative, requiredOneOf } from '../meta-v1/checks.ts';
import { ageColumn, booleanColumn, column, nameColumn, numberColumn, wideColumn } from '../meta-v1/columns.ts';
import { selectorColumnText } from '../meta-v1/label-selector-text.ts';
import { scheduleError } from './cron-schedule.ts';
import { isTimeZone } from './time-zones.ts';
import { defaultJobTemplateSpec, validateJobSpec, type JobSpec } from './job-spec.ts';

export type CronJob = Resource<V1CronJob>;
type Spec = NonNullable<CronJob['spec']>;

/** Names of jobs are made of the cron job's name and eleven more characters, and must still be labels. */
const LONGEST_NAME = 52;

function setDefaults(cronJob: CronJob): void {
  const spec = (cronJob.spec ??= {} as Spec);
  spec.concurrencyPolicy ||= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  const template = (spec.jobTemplate ??= {} as Spec['jobTemplate']);
  template.metadata ??= {};
  defaultJobTemplateSpec((template.spec ??= {} as JobSpec));
}

function validate(cronJob: CronJob, old?: CronJob): FieldError[] {
  const spec = cronJob.spec;
  return [
    ...validateSchedule(spec, old?.spec),
    ...nonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
    ...validateTimeZone(spec.timeZone, old?.spec),
    ...validatePolicy(spec.concurrencyPolicy),
    ...validateJobSpec(spec.jobTemplate.spec!, 'spec.jobTemplate.spec'),
    ...validateNothingManual(spec.jobTemplate.spec!),
    ...nonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
    ...nonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
    ...(old ? [] : validateLength(cronJob.metadata.name)),
  ];
}

function validatePolicy(policy: string | undefined): FieldError[] {
  return requiredOneOf('spec.concurrencyPolicy', policy, ['Allow', 'Forbid', 'Replace']);
}

function validateLength(name: string): FieldError[] {
  const detail = `must be no more than ${LONGEST_NAME} characters`;
  return name.length > LONGEST_NAME ? [invalid('metadata.name', name, detail)] : [];
}

/** The selectors of jobs to come cannot be known. */
function validateNothingManual({ selector, manualSelector }: JobSpec): FieldError[] {
  const at = 'spec.jobTemplate.spec';
  return [
    ...(selector ? [invalid(`${at}.selector`, selector, '`selector` will be auto-generated')] : []),
    ...(manualSelector ? [notSupported(`${at}.manualSelector`, manualSelector, ['nil', 'false'])] : []),
  ];
}

/** Time zones have a field of their own; a schedule that has one from before it may keep it. */
function validateSchedule({ schedule, timeZone }: Spec, old: Spec | undefined): FieldError[] {
  const field = 'spec.schedule';
  if (!schedule) return [required(field)];
  const error = scheduleError(schedule);
  const errors = error ? [invalid(field, schedule, error)] : [];
  if (!schedule.includes('TZ')) return errors;
  if (!old?.schedule?.includes('TZ')) {
    const detail = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
    return [...errors, invalid(field, schedule, detail)];
  }
  if (timeZone === undefined) return errors;
  return [...errors, invalid(field, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule')];
}

function validateTimeZone(name: string | undefined, old: Spec | undefined): FieldError[] {
  const field = 'spec.timeZone';
  if (name === undefined || name === old?.timeZone) return [];
  if (name === '') return [invalid(field, name, 'timeZone must be nil or non-empty string')];
  if (name.toLowerCase() === 'local') {
    const detail = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    return [invalid(field, name, detail)];
  }
  return isTimeZone(name) ? [] : [invalid(field, name, `unknown time zone ${name}`)];
}

function warnings({ metadata, spec }: CronJob, old?: CronJob): string[] {
  const warnings = old ? [] : podNameWarnings(metadata.name);
  if (!old || old.metadata.generation !== metadata.generation) {
    warnings.push(...podTemplateWarnings(spec?.jobTemplate?.spec?.template, 'spec.jobTemplate.spec.template'));
  }
  if (spec?.schedule?.includes('TZ')) warnings.push(OLD_TIME_ZONE);
  return warnings;
}

const OLD_TIME_ZONE =
  'spec.schedule: CRON_TZ or TZ used in spec.schedule is not officially supported, ' +
  'see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details';

export const cronJob = defineKind<CronJob>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  namespaced: true,
  shortNames: ['cj'],
  categories: ['all'],
  columns: [
    nameColumn,
    column('Schedule', (c) => c.spec?.schedule ?? ''),
    column('Timezone', (c) => c.spec?.timeZone ?? '<none>'),
    booleanColumn('Suspend', (c) => (c.spec?.suspend ? 'True' : 'False')),
    numberColumn('Active', (c) => c.status?.active?.length ?? 0),
    column('Last Schedule', (c, now) => (c.status?.lastScheduleTime ? age(c.status.lastScheduleTime, now) : '<none>')),
    ageColumn,
    wideColumn('Containers', (c) => containerNameList(c.spec?.jobTemplate?.spec?.template)),
    wideColumn('Images', (c) => containerImages(c.spec?.jobTemplate?.spec?.template)),
    wideColumn('Selector', (c) => selectorColumnText(c.spec?.jobTemplate?.spec?.selector)),
  ],
  subresources: [statusSubresource],
  hasGeneration: true,
  setDefaults,
  validate,
  warnings,
  prepareForCreate(c) {
    c.status = {};
  },
});

import type { V1CronJob } from '@kubernetes/client-node';
import { invalid, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import { dns1123Subdomain } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { age } from '../../apimachinery/time.ts';
import { containerImages, containerNameList } from '../core-v1/pod-template-columns.ts';
import { defaultPodTemplate } from '../core-v1/pod-template-spec.ts';
import { nonNegative, requiredOneOf } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn, numberColumn, wideColumn } from '../meta-v1/columns.ts';
import { selectorColumnText } from '../meta-v1/label-selector-text.ts';
import { scheduleError } from './cron-schedule.ts';
import { validateJobSpec, type JobSpec } from './job-spec.ts';

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
  defaultPodTemplate((template.spec ??= {} as JobSpec));
}

function validate(cronJob: CronJob): FieldError[] {
  const spec = cronJob.spec;
  return [
    ...validateSchedule(spec),
    ...nonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
    ...requiredOneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']),
    ...validateJobSpec(spec.jobTemplate.spec!, 'spec.jobTemplate.spec'),
    ...nonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
    ...nonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
  ];
}

function validateSchedule(spec: Spec): FieldError[] {
  if (!spec.schedule) return [required('spec.schedule')];
  const error = scheduleError(spec.schedule);
  const errors = error ? [invalid('spec.schedule', spec.schedule, error)] : [];
  if (spec.timeZone !== undefined && !isTimeZone(spec.timeZone)) {
    errors.push(invalid('spec.timeZone', spec.timeZone, `unknown time zone ${spec.timeZone}`));
  }
  return errors;
}

function isTimeZone(name: string): boolean {
  if (name === '' || name.toLowerCase() === 'local') return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

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
    column('Suspend', (c) => (c.spec?.suspend ? 'True' : 'False')),
    numberColumn('Active', (c) => c.status?.active?.length ?? 0),
    column('Last Schedule', (c, now) => (c.status?.lastScheduleTime ? age(c.status.lastScheduleTime, now) : '<none>')),
    ageColumn,
    wideColumn('Containers', (c) => containerNameList(c.spec?.jobTemplate?.spec?.template)),
    wideColumn('Images', (c) => containerImages(c.spec?.jobTemplate?.spec?.template)),
    wideColumn('Selector', (c) => selectorColumnText(c.spec?.jobTemplate?.spec?.selector)),
  ],
  subresources: [statusSubresource],
  hasGeneration: true,
  validateName: (name) => [
    ...dns1123Subdomain(name),
    ...(name.length > LONGEST_NAME ? [`must be no more than ${LONGEST_NAME} characters`] : []),
  ],
  setDefaults,
  validate,
  prepareForCreate(c) {
    c.status = {};
  },
});

import type { V1Job } from '@kubernetes/client-node';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { humanDuration, timeOrZero } from '../../apimachinery/time.ts';
import { workloadTemplateWarnings } from '../core-v1/pod-warnings.ts';
import { podNameWarnings } from '../apps-v1/workload-warnings.ts';
import { templateColumns } from '../core-v1/pod-template-columns.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../meta-v1/columns.ts';
import { selectorColumnText } from '../meta-v1/label-selector-text.ts';
import { generateSelector } from './job-selector.ts';
import { defaultJobSpec, type JobSpec } from './job-spec.ts';
import { validateJobStatus } from './job-status.ts';
import { validateJob, validateJobUpdate } from './job-validation.ts';

export type Job = Resource<V1Job>;

function setDefaults(job: Job): void {
  const spec = (job.spec ??= {} as JobSpec);
  defaultJobSpec(spec);
  const labels = spec.template.metadata?.labels;
  if (labels && !Object.keys(job.metadata.labels ?? {}).length) job.metadata.labels = { ...labels };
}

function statusText(job: Job): string {
  const has = (type: string) => job.status?.conditions?.some((c) => c.type === type && c.status === 'True');
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp) return 'Terminating';
  if (has('Suspended')) return 'Suspended';
  if (has('FailureTarget')) return 'FailureTarget';
  return has('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function completionsText({ spec, status }: Job): string {
  const done = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${done}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function durationText({ status }: Job, now: number): string {
  if (!status?.startTime) return '';
  const end = status.completionTime ? timeOrZero(status.completionTime) : now;
  return humanDuration(end - timeOrZero(status.startTime));
}

export const job = defineKind<Job>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  namespaced: true,
  categories: ['all'],
  columns: [
    nameColumn,
    column('Status', statusText),
    column('Completions', completionsText),
    column('Duration', durationText),
    ageColumn,
    ...templateColumns<Job>(),
    wideColumn('Selector', (j) => selectorColumnText(j.spec?.selector)),
  ],
  selectableFields: { 'status.successful': (j) => String(j.status?.succeeded ?? 0) },
  subresources: [{ ...statusSubresource, validate: validateJobStatus }],
  hasGeneration: true,
  defaultPropagation: 'Orphan',
  setDefaults,
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  warnings: (j, old) => [...(old ? [] : podNameWarnings(j.metadata.name)), ...workloadTemplateWarnings(j, old)],
  prepareForCreate(j) {
    generateSelector(j);
    j.status = {};
  },
});

import type { V1Job } from '@kubernetes/client-node';
import { required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { humanDuration, timeOrZero } from '../../apimachinery/time.ts';
import { templateColumns } from '../core-v1/pod-template-columns.ts';
import { validateTemplateLabels } from '../core-v1/pod-template-spec.ts';
import { immutable, same, validateLabelSelector } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../meta-v1/columns.ts';
import { selectorColumnText } from '../meta-v1/label-selector-text.ts';
import { defaultJobSpec, validateJobSpec, type JobSpec } from './job-spec.ts';

export type Job = Resource<V1Job>;

/** Labels of a job's pods; the second of each pair is the name that older clients know. */
const UID_LABELS = ['batch.kubernetes.io/controller-uid', 'controller-uid'];
const NAME_LABELS = ['batch.kubernetes.io/job-name', 'job-name'];

function setDefaults(job: Job): void {
  const spec = (job.spec ??= {} as JobSpec);
  defaultJobSpec(spec);
  const labels = spec.template.metadata?.labels;
  if (labels && !Object.keys(job.metadata.labels ?? {}).length) job.metadata.labels = { ...labels };
}

/** Unless its author chose a selector, a job's pods are known by the job's uid. */
function prepareForCreate(job: Job): void {
  job.status = {};
  const spec = job.spec!;
  if (spec.manualSelector) return;
  const { uid, name } = job.metadata;
  const own = Object.fromEntries([...UID_LABELS.map((l) => [l, uid]), ...NAME_LABELS.map((l) => [l, name])]);
  const metadata = (spec.template.metadata ??= {});
  metadata.labels = { ...metadata.labels, ...own };
  spec.selector ??= { matchLabels: { [UID_LABELS[0]!]: uid } };
}

function validate(job: Job): FieldError[] {
  const spec = job.spec!;
  return [
    ...validateJobSpec(spec, 'spec'),
    ...(spec.selector ? validateLabelSelector('spec.selector', spec.selector) : [required('spec.selector')]),
    ...validateTemplateLabels(spec.template, spec.selector, 'spec.template'),
  ];
}

function validateUpdate(job: Job, old: Job): FieldError[] {
  const [now, before] = [job.spec!, old.spec!];
  const completions = now.completionMode === 'Indexed' && now.completions === now.parallelism;
  return [
    ...(completions ? [] : immutable('spec.completions', now.completions, before.completions)),
    ...immutable('spec.selector', now.selector, before.selector),
    ...(schedulable(old) ? [] : immutable('spec.template', now.template, before.template)),
    ...immutable('spec.completionMode', now.completionMode, before.completionMode),
    ...immutable('spec.podFailurePolicy', now.podFailurePolicy, before.podFailurePolicy),
    ...immutable('spec.backoffLimitPerIndex', now.backoffLimitPerIndex, before.backoffLimitPerIndex),
  ];
}

/** A suspended job that never started may still be told where its pods go. */
function schedulable(job: Job): boolean {
  return job.spec?.suspend === true && job.status?.startTime === undefined;
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
  subresources: [statusSubresource],
  hasGeneration: true,
  defaultPropagation: 'Orphan',
  setDefaults,
  validate,
  validateUpdate,
  prepareForCreate,
  prepareForUpdate(j, old) {
    // The selector and labels that were generated are not in what authors apply again.
    if (!j.spec!.selector && old.spec?.selector) j.spec!.selector = old.spec.selector;
    if (same(j.spec!.template, old.spec?.template)) return;
    const generated = Object.entries(old.spec?.template.metadata?.labels ?? {}).filter(([key]) =>
      [...UID_LABELS, ...NAME_LABELS].includes(key),
    );
    const metadata = (j.spec!.template.metadata ??= {});
    metadata.labels = { ...Object.fromEntries(generated), ...metadata.labels };
  },
});

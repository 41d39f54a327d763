import { invalid, keyPath, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Label } from '../../apimachinery/names.ts';
import { selectorFromObject } from '../../apimachinery/label-selector.ts';
import { validateTemplateLabels } from '../core-v1/pod-template-spec.ts';
import type { PodTemplateSpec } from '../core-v1/pod-spec.ts';
import { immutable, same, validateLabelSelector } from '../meta-v1/checks.ts';
import type { LabelSelector } from '../meta-v1/types.ts';
import { generatedLabels } from './job-selector.ts';
import { validateJobSpec, type JobSpec } from './job-spec.ts';
import type { Job } from './job.ts';

/** The rules of a job, new or changed. */
export function validateJob(job: Job): FieldError[] {
  const spec = job.spec!;
  return [
    ...validateGenerated(job),
    ...validateJobSpec(spec, 'spec'),
    ...(spec.selector ? validateLabelSelector('spec.selector', spec.selector) : [required('spec.selector')]),
    ...validateTemplateLabels(spec.template, spec.selector, 'spec.template'),
    ...validatePodName(job),
  ];
}

/** What was to be generated has been, unless its author gave labels of the same names other values. */
function validateGenerated(job: Job): FieldError[] {
  const { selector, manualSelector, template } = job.spec!;
  if (manualSelector || !selector) return [];
  const expected = generatedLabels(job);
  const field = 'spec.template.metadata.labels';
  const labels = template?.metadata?.labels ?? {};
  const errors = Object.entries(expected).flatMap(([key, value]) => {
    if (labels[key] === value) return [];
    const at = keyPath(field, key);
    return labels[key] === undefined
      ? [required(at, `must be '${value}'`)]
      : [invalid(at, labels, `must be '${value}'`)];
  });
  if (!selects(selector, expected)) errors.push(invalid('spec.selector', selector, '`selector` not auto-generated'));
  return errors;
}

function selects(selector: LabelSelector, labels: Record<string, string>): boolean {
  try {
    return selectorFromObject(selector).matches(labels);
  } catch {
    return true; // that it cannot be read is said elsewhere
  }
}

/** Pods with an index have it at the end of their host names. */
function validatePodName({ metadata, spec }: Job): FieldError[] {
  if (spec?.completionMode !== 'Indexed' || !spec.completions || spec.completions <= 0) return [];
  const podName = `${metadata.name}-${spec.completions - 1}`;
  return dns1123Label(podName).map((detail) =>
    invalid(
      'metadata.name',
      metadata.name,
      `will not able to create pod with invalid DNS label: ${podName}: ${detail}`,
    ),
  );
}

/** A job's pods are all alike, so little of it may change. */
export function validateJobUpdate(job: Job, old: Job): FieldError[] {
  const [now, before] = [job.spec!, old.spec!];
  return [
    ...validateCompletions(now, before),
    ...immutable('spec.selector', now.selector, before.selector),
    ...validateTemplateUpdate(now.template, old),
    ...(['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const).flatMap(
      (name) => immutable(path('spec', name), now[name], before[name]),
    ),
  ];
}

function validateCompletions(now: JobSpec, before: JobSpec): FieldError[] {
  if (now.completionMode !== 'Indexed') return immutable('spec.completions', now.completions, before.completions);
  if (now.completions === before.completions || now.completions === now.parallelism) return [];
  return [invalid('spec.completions', now.completions, 'can only be modified in tandem with spec.parallelism')];
}

/** A suspended job that never started may still be told where its pods go, and what they need. */
function validateTemplateUpdate(template: PodTemplateSpec, old: Job): FieldError[] {
  const before = old.spec!.template;
  const open = old.spec!.suspend === true && old.status?.startTime === undefined;
  const compared = open ? withScheduling(before, template) : before;
  return same(template, compared) ? [] : immutable('spec.template', template, before);
}

function withScheduling(before: PodTemplateSpec, now: PodTemplateSpec): PodTemplateSpec {
  const spec: Record<string, unknown> = { ...before.spec };
  for (const field of ['affinity', 'nodeSelector', 'tolerations', 'schedulingGates'] as const) {
    spec[field] = now.spec?.[field];
  }
  for (const list of ['containers', 'initContainers'] as const) {
    if (!before.spec?.[list]) continue;
    spec[list] = before.spec[list].map((c, i) => ({ ...c, resources: now.spec?.[list]?.[i]?.resources }));
  }
  const { annotations, labels } = now.metadata ?? {};
  return { metadata: { ...before.metadata, annotations, labels }, spec } as PodTemplateSpec;
}

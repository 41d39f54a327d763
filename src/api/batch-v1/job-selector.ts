import type { Job } from './job.ts';

/** Labels of a job's pods; the second of each pair is the name that older clients know. */
const UID_LABELS = ['batch.kubernetes.io/controller-uid', 'controller-uid'] as const;
const NAME_LABELS = ['batch.kubernetes.io/job-name', 'job-name'] as const;

/** The labels by which a job knows its pods, unless its author chose a selector. */
export function generatedLabels({ metadata }: Job): Record<string, string> {
  return {
    [UID_LABELS[0]]: metadata.uid,
    [NAME_LABELS[0]]: metadata.name,
    [UID_LABELS[1]]: metadata.uid,
    [NAME_LABELS[1]]: metadata.name,
  };
}

/** Adds labels and selector, and the labels of the pods to a job that has none; those that are there stay, and are found wrong by the validation. */
export function generateSelector(job: Job): void {
  const spec = job.spec!;
  if (spec.manualSelector) return;
  const metadata = (spec.template.metadata ??= {});
  metadata.labels = { ...generatedLabels(job), ...metadata.labels };
  if (!Object.keys(job.metadata.labels ?? {}).length) job.metadata.labels = { ...metadata.labels };
  const selector = (spec.selector ??= {});
  selector.matchLabels = { [UID_LABELS[0]]: job.metadata.uid, ...selector.matchLabels };
}

import { forbidden, invalid, notSupported, path, type FieldError } from '../../apimachinery/field-error.ts';
import { selectorFromObject } from '../../apimachinery/label-selector.ts';
import { validateAnnotations, validateLabels } from '../meta-v1/checks.ts';
import type { LabelSelector } from '../meta-v1/types.ts';
import { defaultPodSpec } from './pod-spec-defaults.ts';
import { validatePodSpec } from './pod-spec-validation.ts';
import type { PodSpec, PodTemplateSpec } from './pod-spec.ts';

export type { PodTemplateSpec } from './pod-spec.ts';

/** Fills in a template's spec; the template itself is made when it is missing. */
export function defaultPodTemplate(owner: { template?: PodTemplateSpec }): void {
  owner.template ??= {} as PodTemplateSpec;
  owner.template.metadata ??= {};
  defaultPodSpec((owner.template.spec ??= {} as PodSpec));
}

/** The rules of a template wherever it stands. */
export function validatePodTemplate(template: PodTemplateSpec | undefined, field: string): FieldError[] {
  const spec = template?.spec ?? ({} as PodSpec);
  return [
    ...validateLabels(path(field, 'labels'), template?.metadata?.labels),
    ...validateAnnotations(path(field, 'annotations'), template?.metadata?.annotations),
    ...validatePodSpec(spec, path(field, 'spec')),
    ...(spec.ephemeralContainers?.length
      ? [forbidden(path(field, 'spec', 'ephemeralContainers'), 'ephemeral containers not allowed in pod template')]
      : []),
  ];
}

/** The rules of a template whose pods are kept running: its labels match, its pods restart. */
export function validateManagedTemplate(
  template: PodTemplateSpec | undefined,
  selector: LabelSelector | undefined,
  field: string,
  owner: string,
): FieldError[] {
  const errors = validateTemplateLabels(template, selector, field);
  errors.push(...validatePodTemplate(template, field));
  const policy = template?.spec?.restartPolicy;
  if (policy !== 'Always') errors.push(notSupported(path(field, 'spec', 'restartPolicy'), policy ?? '', ['Always']));
  if (template?.spec?.activeDeadlineSeconds !== undefined) {
    const detail = `activeDeadlineSeconds in ${owner} is not Supported`;
    errors.push(forbidden(path(field, 'spec', 'activeDeadlineSeconds'), detail));
  }
  return errors;
}

/** The error when pods made from the template would not be their owner's own. */
export function validateTemplateLabels(
  template: PodTemplateSpec | undefined,
  selector: LabelSelector | undefined,
  field: string,
): FieldError[] {
  const parsed = parse(selector);
  const labels = template?.metadata?.labels;
  if (!parsed || parsed.empty || parsed.matches(labels ?? {})) return [];
  return [invalid(path(field, 'metadata', 'labels'), labels, '`selector` does not match template `labels`')];
}

function parse(selector: LabelSelector | undefined) {
  try {
    return selectorFromObject(selector);
  } catch {
    return undefined;
  }
}

import { invalid, required, type FieldError } from '../../apimachinery/field-error.ts';
import { selectorFromObject } from '../../apimachinery/label-selector.ts';
import { validateManagedTemplate } from '../core-v1/pod-template-spec.ts';
import type { PodTemplateSpec } from '../core-v1/pod-spec.ts';
import { validateLabelSelector } from '../meta-v1/checks.ts';
import type { LabelSelector } from '../meta-v1/types.ts';

/** What every kind that keeps pods running has in its spec. */
interface WorkloadSpec {
  selector?: LabelSelector | undefined;
  template?: PodTemplateSpec | undefined;
}

/** How messages name the kind: alone, and as the owner of the template. */
interface WorkloadNames {
  readonly kind: string;
  readonly owner: string;
}

/** The rules of selector and template: the selector is there, says something, and matches the template's labels. */
export function validateWorkload(spec: WorkloadSpec, names: WorkloadNames): FieldError[] {
  const { selector, template } = spec;
  const field = 'spec.selector';
  const errors = selector ? validateLabelSelector(field, selector) : [required(field)];
  if (isEmptySelector(selector)) {
    errors.push(invalid(field, selector, `empty selector is invalid for ${names.kind}`));
  }
  if (selector && !isReadable(selector)) return [...errors, invalid(field, selector, 'invalid label selector')];
  return [...errors, ...validateTemplateOf({ selector, template }, names.owner)];
}

/** The rules of the template alone. */
export function validateTemplateOf({ selector, template }: WorkloadSpec, owner: string): FieldError[] {
  return validateManagedTemplate(template, selector, 'spec.template', owner);
}

/** Whether a selector is there that would select everything. */
export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  if (!selector) return false;
  return Object.keys(selector.matchLabels ?? {}).length === 0 && !selector.matchExpressions?.length;
}

function isReadable(selector: LabelSelector): boolean {
  try {
    selectorFromObject(selector);
    return true;
  } catch {
    return false;
  }
}

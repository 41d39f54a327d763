import { invalid, keyPath, required, type FieldError } from '../../apimachinery/field-error.ts';
import type { CustomResourceDefinition } from './custom-resource-definition.ts';

const ANNOTATION = 'api-approved.kubernetes.io';
const SEE = 'see https://github.com/kubernetes/enhancements/pull/1111';

/** Groups of the Kubernetes project: what is defined in them names the approval, or says that there is none. */
export function validateApproval(crd: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  if (!/(?:^|\.)(?:k8s|kubernetes)\.io$/.test(crd.spec.group ?? '')) return [];
  const said = annotationOf(crd);
  const state = approval(said);
  if (old && approval(annotationOf(old)) === state) return [];
  const field = keyPath('metadata.annotations', ANNOTATION);
  const rule = `protected groups must have approval annotation "${ANNOTATION}"`;
  if (state === 'missing') return [required(field, `${rule}, ${SEE}`)];
  if (state !== 'invalid') return [];
  return [invalid(field, said, `${rule} with either a URL or a reason starting with "unapproved", ${SEE}`)];
}

function annotationOf({ metadata }: CustomResourceDefinition): string {
  return metadata.annotations?.[ANNOTATION] ?? '';
}

function approval(said: string): 'missing' | 'bypassed' | 'approved' | 'invalid' {
  if (said === '') return 'missing';
  if (said.startsWith('unapproved')) return 'bypassed';
  return URL.parse(said)?.host ? 'approved' : 'invalid';
}

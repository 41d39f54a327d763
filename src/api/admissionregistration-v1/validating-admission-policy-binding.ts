import type { V1ValidatingAdmissionPolicyBinding } from '@kubernetes/client-node';
import { duplicate, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { oneOf, repeats } from '../meta-v1/checks.ts';
import { ageColumn, nameColumn } from '../meta-v1/columns.ts';
import { bindingColumns, validatePolicyBinding } from './policy-binding-rules.ts';
import { defaultMatch } from './policy-rules.ts';

export type ValidatingAdmissionPolicyBinding = Resource<V1ValidatingAdmissionPolicyBinding>;

const ACTIONS = ['Audit', 'Deny', 'Warn'];

function validateActions(actions: readonly string[] = [], field: string): FieldError[] {
  if (actions.length === 0) return [required(field)];
  const again = repeats(actions);
  const errors = actions.flatMap((action, i) => [
    ...oneOf(path(field, i), action, ACTIONS),
    ...(again(i) ? [duplicate(path(field, i), action)] : []),
  ]);
  if (!actions.includes('Deny') || !actions.includes('Warn')) return errors;
  const detail =
    'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
  return [...errors, invalid(field, actions, detail)];
}

export const validatingAdmissionPolicyBinding = defineKind<ValidatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  namespaced: false,
  hasGeneration: true,
  columns: [nameColumn, ...bindingColumns<ValidatingAdmissionPolicyBinding>(), ageColumn],
  setDefaults(b) {
    defaultMatch(b.spec?.matchResources);
    if (b.spec?.paramRef) b.spec.paramRef.parameterNotFoundAction ??= 'Deny';
  },
  validate: (b) => [
    ...validatePolicyBinding(b),
    ...validateActions(b.spec?.validationActions, 'spec.validationActions'),
  ],
});

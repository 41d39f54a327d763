import type { V1MutatingAdmissionPolicyBinding } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ageColumn, nameColumn } from '../meta-v1/columns.ts';
import { bindingColumns, validatePolicyBinding } from './policy-binding-rules.ts';
import { defaultMatch } from './policy-rules.ts';

export type MutatingAdmissionPolicyBinding = Resource<V1MutatingAdmissionPolicyBinding>;

export const mutatingAdmissionPolicyBinding = defineKind<MutatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicyBinding',
  plural: 'mutatingadmissionpolicybindings',
  namespaced: false,
  hasGeneration: true,
  columns: [nameColumn, ...bindingColumns<MutatingAdmissionPolicyBinding>(), ageColumn],
  setDefaults(b) {
    defaultMatch(b.spec?.matchResources);
    if (b.spec?.paramRef) b.spec.paramRef.parameterNotFoundAction ??= 'Deny';
  },
  validate: validatePolicyBinding,
});

import type { V1ValidatingAdmissionPolicyBinding } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ageColumn, nameColumn } from '../meta-v1/columns.ts';
import { bindingColumns, defaultMatch, validatePolicyBinding } from './policy-rules.ts';

export type ValidatingAdmissionPolicyBinding = Resource<V1ValidatingAdmissionPolicyBinding>;

export const validatingAdmissionPolicyBinding = defineKind<ValidatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  namespaced: false,
  hasGeneration: true,
  columns: [nameColumn, ...bindingColumns<ValidatingAdmissionPolicyBinding>(), ageColumn],
  setDefaults: (b) => defaultMatch(b.spec?.matchResources),
  validate: validatePolicyBinding,
});

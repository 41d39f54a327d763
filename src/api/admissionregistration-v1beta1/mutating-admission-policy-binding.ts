import type { V1beta1MutatingAdmissionPolicyBinding } from '@kubernetes/client-node';
import type { Resource } from '../../apimachinery/object.ts';
import { otherVersion } from '../../apimachinery/other-version.ts';
import { mutatingAdmissionPolicyBinding as stored } from '../admissionregistration-v1/mutating-admission-policy-binding.ts';

export type MutatingAdmissionPolicyBinding = Resource<V1beta1MutatingAdmissionPolicyBinding>;

export const mutatingAdmissionPolicyBinding = otherVersion<MutatingAdmissionPolicyBinding, any>(stored, {
  version: 'v1beta1',
});

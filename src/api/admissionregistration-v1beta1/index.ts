import type { Kind } from '../../apimachinery/kind.ts';
import { mutatingAdmissionPolicyBinding } from './mutating-admission-policy-binding.ts';
import { mutatingAdmissionPolicy } from './mutating-admission-policy.ts';

/** The kinds of admissionregistration.k8s.io, version v1beta1. */
export const admissionregistrationV1beta1: readonly Kind[] = [mutatingAdmissionPolicy, mutatingAdmissionPolicyBinding];

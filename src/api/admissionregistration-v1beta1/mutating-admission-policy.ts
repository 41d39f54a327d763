import type { V1beta1MutatingAdmissionPolicy } from '@kubernetes/client-node';
import type { Resource } from '../../apimachinery/object.ts';
import { otherVersion } from '../../apimachinery/other-version.ts';
import { mutatingAdmissionPolicy as stored } from '../admissionregistration-v1/mutating-admission-policy.ts';

export type MutatingAdmissionPolicy = Resource<V1beta1MutatingAdmissionPolicy>;

export const mutatingAdmissionPolicy = otherVersion<MutatingAdmissionPolicy, any>(stored, { version: 'v1beta1' });

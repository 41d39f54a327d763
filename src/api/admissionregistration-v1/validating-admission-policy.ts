import type { V1ValidatingAdmissionPolicy } from '@kubernetes/client-node';
import { required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, bareStatusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { requiredText } from '../meta-v1/checks.ts';
import { ageColumn, nameColumn, numberColumn } from '../meta-v1/columns.ts';
import { defaultMatch, paramKindColumn, validateMatch } from './policy-rules.ts';

export type ValidatingAdmissionPolicy = Resource<V1ValidatingAdmissionPolicy>;

function validate({ spec }: ValidatingAdmissionPolicy): FieldError[] {
  const validations = spec?.validations ?? [];
  const nothing = validations.length === 0 && !spec?.auditAnnotations?.length;
  return [
    ...validateMatch(spec?.matchConstraints, 'spec.matchConstraints'),
    ...(nothing
      ? [required('spec.validations', 'validations or auditAnnotations must contain at least one item')]
      : []),
    ...validations.flatMap((v, i) => requiredText(`spec.validations[${i}].expression`, v.expression?.trim())),
  ];
}

export const validatingAdmissionPolicy = defineKind<ValidatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  versionedUpdate: true,
  namespaced: false,
  hasGeneration: true,
  columns: [
    nameColumn,
    numberColumn('Validations', (p) => p.spec?.validations?.length ?? 0),
    paramKindColumn<ValidatingAdmissionPolicy>(),
    ageColumn,
  ],
  subresources: [bareStatusSubresource],
  setDefaults(p) {
    const spec = (p.spec ??= {});
    spec.failurePolicy ??= 'Fail';
    defaultMatch(spec.matchConstraints);
  },
  validate,
});

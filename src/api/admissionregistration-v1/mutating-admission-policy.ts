import type { V1MutatingAdmissionPolicy } from '@kubernetes/client-node';
import { required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { requiredOneOf } from '../meta-v1/checks.ts';
import { ageColumn, nameColumn, numberColumn } from '../meta-v1/columns.ts';
import { defaultMatch, paramKindColumn, validateMatch } from './policy-rules.ts';

export type MutatingAdmissionPolicy = Resource<V1MutatingAdmissionPolicy>;

function validate({ spec }: MutatingAdmissionPolicy): FieldError[] {
  const mutations = spec?.mutations ?? [];
  return [
    ...validateMatch(spec?.matchConstraints, 'spec.matchConstraints'),
    ...(mutations.length === 0 ? [required('spec.mutations', 'mutations must contain at least one item')] : []),
    ...mutations.flatMap((m, i) =>
      requiredOneOf(`spec.mutations[${i}].patchType`, m.patchType, ['ApplyConfiguration', 'JSONPatch']),
    ),
  ];
}

export const mutatingAdmissionPolicy = defineKind<MutatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  plural: 'mutatingadmissionpolicies',
  namespaced: false,
  hasGeneration: true,
  columns: [
    nameColumn,
    numberColumn('Mutations', (p) => p.spec?.mutations?.length ?? 0),
    paramKindColumn<MutatingAdmissionPolicy>(),
    ageColumn,
  ],
  setDefaults(p) {
    const spec = (p.spec ??= {});
    spec.failurePolicy ??= 'Fail';
    spec.reinvocationPolicy ??= 'Never';
    defaultMatch(spec.matchConstraints);
  },
  validate,
});

import type { V1MutatingAdmissionPolicy } from '@kubernetes/client-node';
import { invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { oneOf, requiredOneOf } from '../meta-v1/checks.ts';
import { ageColumn, nameColumn, numberColumn } from '../meta-v1/columns.ts';
import { validateMatchConditions } from './match-conditions.ts';
import {
  defaultMatch,
  paramKindColumn,
  validateConstraints,
  validateParamKind,
  validateVariables,
} from './policy-rules.ts';

export type MutatingAdmissionPolicy = Resource<V1MutatingAdmissionPolicy>;
type Mutation = NonNullable<NonNullable<MutatingAdmissionPolicy['spec']>['mutations']>[number];

function validate({ spec }: MutatingAdmissionPolicy): FieldError[] {
  const mutations = spec?.mutations ?? [];
  return [
    ...oneOf('spec.failurePolicy', spec?.failurePolicy, ['Fail', 'Ignore']),
    ...validateParamKind(spec?.paramKind, 'spec.paramKind'),
    ...validateConstraints(spec?.matchConstraints, 'spec.matchConstraints'),
    ...validateMatchConditions(spec?.matchConditions, 'spec.matchConditions'),
    ...validateVariables(spec?.variables, 'spec.variables'),
    ...(mutations.length === 0 ? [required('spec.mutations', 'mutations must contain at least one item')] : []),
    ...mutations.flatMap((mutation, i) => validateMutation(mutation, path('spec.mutations', i))),
    ...requiredOneOf('spec.reinvocationPolicy', spec?.reinvocationPolicy, ['IfNeeded', 'Never']),
  ];
}

/** A mutation has the expression that its type names, and no other. */
function validateMutation(mutation: Mutation, at: string): FieldError[] {
  const errors = requiredOneOf(path(at, 'patchType'), mutation.patchType, ['ApplyConfiguration', 'JSONPatch']);
  for (const [type, field] of [
    ['ApplyConfiguration', 'applyConfiguration'],
    ['JSONPatch', 'jsonPatch'],
  ] as const) {
    const at2 = path(at, field);
    if (mutation.patchType !== type) {
      if (mutation[field]) errors.push(invalid(at2, '', `must not be set when patchType is not ${type}`));
    } else if (!mutation[field]?.expression?.trim()) {
      errors.push(required(path(at2, 'expression'), 'expression is not specified'));
    }
  }
  return errors;
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

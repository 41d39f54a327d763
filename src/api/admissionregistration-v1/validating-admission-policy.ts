import type { V1ValidatingAdmissionPolicy } from '@kubernetes/client-node';
import { duplicate, invalid, path, required, tooMany, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, bareStatusSubresource } from '../../apimachinery/kind.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { oneOf, repeats, requiredText } from '../meta-v1/checks.ts';
import { ageColumn, nameColumn, numberColumn } from '../meta-v1/columns.ts';
import { validateConditions } from '../meta-v1/condition-validation.ts';
import { validateMatchConditions } from './match-conditions.ts';
import {
  defaultMatch,
  paramKindColumn,
  validateConstraints,
  validateParamKind,
  validateVariables,
} from './policy-rules.ts';

export type ValidatingAdmissionPolicy = Resource<V1ValidatingAdmissionPolicy>;
type Spec = NonNullable<ValidatingAdmissionPolicy['spec']>;
type Validation = Partial<NonNullable<Spec['validations']>[number]>;
type Annotation = Partial<NonNullable<Spec['auditAnnotations']>[number]>;

const NOTHING = 'validations or auditAnnotations must be provided';
const MOST_ANNOTATIONS = 20;
const REASONS = ['Unauthorized', 'Forbidden', 'Invalid', 'RequestEntityTooLarge'];

function validate({ spec }: ValidatingAdmissionPolicy): FieldError[] {
  const [validations, annotations] = [spec?.validations ?? [], spec?.auditAnnotations ?? []];
  const nothing = validations.length === 0 && annotations.length === 0;
  return [
    ...oneOf('spec.failurePolicy', spec?.failurePolicy, ['Fail', 'Ignore']),
    ...validateParamKind(spec?.paramKind, 'spec.paramKind'),
    ...validateConstraints(spec?.matchConstraints, 'spec.matchConstraints'),
    ...validateMatchConditions(spec?.matchConditions, 'spec.matchConditions'),
    ...validateVariables(spec?.variables, 'spec.variables'),
    ...(nothing ? [required('spec.validations', NOTHING), required('spec.auditAnnotations', NOTHING)] : []),
    ...validations.flatMap((validation, i) => validateExpression(validation, path('spec.validations', i))),
    ...validateAnnotations(annotations, 'spec.auditAnnotations'),
  ];
}

function validateExpression(validation: Validation, at: string): FieldError[] {
  const { expression = '', message, messageExpression, reason } = validation;
  const errors = expression.trim() ? [] : [required(path(at, 'expression'), 'expression is not specified')];
  if (messageExpression?.trim() === '') {
    errors.push(invalid(path(at, 'messageExpression'), messageExpression, 'must be non-empty if specified'));
  }
  if (message && message.trim() === '') {
    errors.push(invalid(path(at, 'message'), message, 'message must be non-empty if specified'));
  } else if (message?.trim().includes('\n')) {
    errors.push(invalid(path(at, 'message'), message, 'message must not contain line breaks'));
  } else if (expression.trim().includes('\n') && !message) {
    errors.push(required(path(at, 'message'), 'message must be specified if expression contains line breaks'));
  }
  return [...errors, ...oneOf(path(at, 'reason'), reason, REASONS)];
}

function validateAnnotations(annotations: readonly Annotation[], field: string): FieldError[] {
  const again = repeats(annotations.map(({ key }) => key));
  return [
    ...(annotations.length > MOST_ANNOTATIONS ? [tooMany(field, annotations.length, MOST_ANNOTATIONS)] : []),
    ...annotations.flatMap(({ key, valueExpression }, i) => [
      ...requiredText(path(field, i, 'key'), key, qualifiedName),
      ...(valueExpression?.trim()
        ? []
        : [required(path(field, i, 'valueExpression'), 'valueExpression is not specified')]),
      ...(again(i) ? [duplicate(path(field, i, 'key'), key)] : []),
    ]),
  ];
}

function validateStatus({ status }: ValidatingAdmissionPolicy): FieldError[] {
  return [
    ...(status?.typeChecking?.expressionWarnings ?? []).flatMap((warning, i) => {
      const at = path('status.typeChecking.expressionWarnings', i);
      return [
        ...requiredText(path(at, 'fieldRef'), warning.fieldRef),
        ...requiredText(path(at, 'warning'), warning.warning),
      ];
    }),
    ...validateConditions('status.conditions', status?.conditions),
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
  subresources: [{ ...bareStatusSubresource, validate: validateStatus }],
  setDefaults(p) {
    const spec = (p.spec ??= {});
    spec.failurePolicy ??= 'Fail';
    defaultMatch(spec.matchConstraints);
  },
  validate,
});

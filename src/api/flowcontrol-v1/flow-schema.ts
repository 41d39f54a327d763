import type { V1FlowSchema } from '@kubernetes/client-node';
import { duplicate, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, bareStatusSubresource } from '../../apimachinery/kind.ts';
import { dns1123Subdomain } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { repeats, requiredOneOf, requiredText, same } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn, numberColumn } from '../meta-v1/columns.ts';
import { validateFlowRules } from './flow-rules.ts';
import { MANDATORY, standardFlows } from './standard.ts';

export type FlowSchema = Resource<V1FlowSchema>;
type Spec = NonNullable<FlowSchema['spec']>;

const HIGHEST_PRECEDENCE = 10_000;

function validate({ metadata: { name }, spec }: FlowSchema): FieldError[] {
  if (MANDATORY.includes(name)) {
    if (same(spec, standardFlows[name])) return [];
    return [invalid('spec', spec, `spec of '${name}' must equal the fixed value`)];
  }
  const method = spec?.distinguisherMethod?.type;
  return [
    ...validatePrecedence(spec?.matchingPrecedence ?? 0),
    ...(spec?.distinguisherMethod
      ? requiredOneOf('spec.distinguisherMethod.type', method, ['ByNamespace', 'ByUser'])
      : []),
    ...requiredText(
      'spec.priorityLevelConfiguration.name',
      spec?.priorityLevelConfiguration?.name,
      dns1123Subdomain,
      'must reference a priority level',
    ),
    ...(spec?.rules ?? []).flatMap((rules, i) => validateFlowRules(rules, path('spec.rules', i))),
  ];
}

function validatePrecedence(precedence: number): FieldError[] {
  const field = 'spec.matchingPrecedence';
  if (precedence <= 0) return [invalid(field, precedence, 'must be a positive value')];
  if (precedence > HIGHEST_PRECEDENCE) {
    return [invalid(field, precedence, `must not be greater than ${HIGHEST_PRECEDENCE}`)];
  }
  if (precedence > 1) return [];
  return [invalid(field, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")];
}

function validateStatus({ status }: FlowSchema): FieldError[] {
  return validateConditionTypes(status?.conditions);
}

/** The rules of conditions of this group, whose reasons and times may be missing. */
export function validateConditionTypes(conditions: readonly { type?: string }[] | undefined): FieldError[] {
  const types = (conditions ?? []).map((condition) => condition.type ?? '');
  const again = repeats(types);
  return types.flatMap((type, i) => {
    const field = path('status.conditions', i, 'type');
    if (again(i)) return [duplicate(field, type)];
    return type ? [] : [required(field)];
  });
}

function missingText({ status }: FlowSchema): string {
  const dangling = status?.conditions?.find((condition) => condition.type === 'Dangling');
  return dangling?.status ?? '?';
}

export const flowSchema = defineKind<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  namespaced: false,
  hasGeneration: true,
  columns: [
    nameColumn,
    column('PriorityLevel', (s) => s.spec?.priorityLevelConfiguration?.name ?? ''),
    numberColumn('MatchingPrecedence', (s) => s.spec?.matchingPrecedence ?? 0),
    column('DistinguisherMethod', (s) => s.spec?.distinguisherMethod?.type ?? '<none>'),
    ageColumn,
    column('MissingPL', missingText),
  ],
  subresources: [{ ...bareStatusSubresource, validate: validateStatus }],
  setDefaults(s) {
    const spec = (s.spec ??= {} as Spec);
    spec.matchingPrecedence ||= 1000;
  },
  validate,
  prepareForCreate(s) {
    s.status = {};
  },
});

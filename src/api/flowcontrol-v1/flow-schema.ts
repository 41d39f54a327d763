import type { V1FlowSchema } from '@kubernetes/client-node';
import type { FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, bareStatusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { inRange, requiredText } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn, numberColumn } from '../meta-v1/columns.ts';

export type FlowSchema = Resource<V1FlowSchema>;
type Spec = NonNullable<FlowSchema['spec']>;

function validate({ spec }: FlowSchema): FieldError[] {
  return [
    ...requiredText('spec.priorityLevelConfiguration.name', spec?.priorityLevelConfiguration?.name),
    ...inRange('spec.matchingPrecedence', spec?.matchingPrecedence, 1, 10_000),
  ];
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
  subresources: [bareStatusSubresource],
  setDefaults(s) {
    const spec = (s.spec ??= {} as Spec);
    spec.matchingPrecedence ||= 1000;
  },
  validate,
  prepareForCreate(s) {
    s.status = {};
  },
});

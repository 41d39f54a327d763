import type { V1PodDisruptionBudget } from '@kubernetes/client-node';
import { invalid, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { atMost100Percent, countOrPercent, nonNegative, oneOf, validateLabelSelector } from '../meta-v1/checks.ts';
import { validateConditions } from '../meta-v1/condition-validation.ts';
import { ageColumn, column, nameColumn, numberColumn } from '../meta-v1/columns.ts';

export type PodDisruptionBudget = Resource<V1PodDisruptionBudget>;

function validate(budget: PodDisruptionBudget): FieldError[] {
  const spec = budget.spec ?? {};
  const both = spec.minAvailable !== undefined && spec.maxUnavailable !== undefined;
  return [
    ...(both ? [invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set')] : []),
    ...(['minAvailable', 'maxUnavailable'] as const).flatMap((name) => [
      ...countOrPercent(`spec.${name}`, spec[name]),
      ...atMost100Percent(`spec.${name}`, spec[name]),
    ]),
    ...validateLabelSelector('spec.selector', spec.selector),
    ...oneOf('spec.unhealthyPodEvictionPolicy', spec.unhealthyPodEvictionPolicy, ['AlwaysAllow', 'IfHealthyBudget']),
  ];
}

function validateStatus({ status }: PodDisruptionBudget): FieldError[] {
  return [
    ...validateConditions('status.conditions', status?.conditions),
    ...(['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const).flatMap((name) =>
      nonNegative(`status.${name}`, status?.[name]),
    ),
  ];
}

export const podDisruptionBudget = defineKind<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  versionedUpdate: true,
  namespaced: true,
  shortNames: ['pdb'],
  columns: [
    nameColumn,
    column('Min Available', (b) => String(b.spec?.minAvailable ?? 'N/A')),
    column('Max Unavailable', (b) => String(b.spec?.maxUnavailable ?? 'N/A')),
    numberColumn('Allowed Disruptions', (b) => b.status?.disruptionsAllowed ?? 0),
    ageColumn,
  ],
  subresources: [{ ...statusSubresource, validate: validateStatus }],
  hasGeneration: true,
  setDefaults(b) {
    b.spec ??= {};
  },
  validate,
  prepareForCreate(b) {
    b.status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
  },
});

import type { V2HorizontalPodAutoscaler } from '@kubernetes/client-node';
import { forbidden, invalid, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { nonNegative } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { canonicalizeField } from '../meta-v1/quantities.ts';
import { validateBehavior } from './behavior-validation.ts';
import { validateMetric, validateReference } from './metric-validation.ts';
import { targetsText } from './targets.ts';

export type HorizontalPodAutoscaler = Resource<V2HorizontalPodAutoscaler>;
type Spec = NonNullable<HorizontalPodAutoscaler['spec']>;
type Behavior = NonNullable<Spec['behavior']>;

function setDefaults(autoscaler: HorizontalPodAutoscaler): void {
  const spec = (autoscaler.spec ??= {} as Spec);
  spec.minReplicas ??= 1;
  if (!spec.metrics?.length) {
    const target = { type: 'Utilization', averageUtilization: 80 };
    spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
  }
  for (const metric of spec.metrics) {
    const source = metric.resource ?? metric.containerResource ?? metric.pods ?? metric.object ?? metric.external;
    if (source?.target) {
      canonicalizeField(source.target, 'value');
      canonicalizeField(source.target, 'averageValue');
    }
  }
  if (spec.behavior) defaultBehavior(spec.behavior);
}

/** Who says one thing about how fast to scale gets the rest as it would be. */
function defaultBehavior(behavior: Behavior): void {
  const everything = { type: 'Percent', value: 100, periodSeconds: 15 };
  behavior.scaleUp = {
    selectPolicy: 'Max',
    stabilizationWindowSeconds: 0,
    policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, everything],
    ...behavior.scaleUp,
  };
  behavior.scaleDown = { selectPolicy: 'Max', policies: [everything], ...behavior.scaleDown };
}

function validate(autoscaler: HorizontalPodAutoscaler): FieldError[] {
  const spec = autoscaler.spec;
  const errors: FieldError[] = [];
  if (spec.minReplicas !== undefined && spec.minReplicas < 1) {
    errors.push(invalid('spec.minReplicas', spec.minReplicas, 'must be greater than or equal to 1'));
  }
  const max = spec.maxReplicas ?? 0;
  if (max < 1) errors.push(invalid('spec.maxReplicas', max, 'must be greater than 0'));
  if (spec.minReplicas !== undefined && max < spec.minReplicas) {
    errors.push(invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'));
  }
  errors.push(
    ...validateReference(spec.scaleTargetRef, 'spec.scaleTargetRef'),
    ...(spec.metrics ?? []).flatMap((metric, i) => validateMetric(metric, `spec.metrics[${i}]`)),
    ...validateScalingToZero(spec),
    ...validateBehavior(spec.behavior, 'spec.behavior'),
  );
  return errors;
}

/** Pods that are not there have no usage of resources to go by. */
function validateScalingToZero({ minReplicas, metrics = [] }: HorizontalPodAutoscaler['spec']): FieldError[] {
  if (minReplicas !== 0 || metrics.some((m) => m.type === 'Object' || m.type === 'External')) return [];
  const detail = 'must specify at least one Object or External metric to support scaling to zero replicas';
  return [forbidden('spec.metrics', detail)];
}

function validateStatus({ status }: HorizontalPodAutoscaler): FieldError[] {
  return [
    ...nonNegative('status.currentReplicas', status?.currentReplicas),
    ...nonNegative('status.desiredReplicas', status?.desiredReplicas),
  ];
}

export const horizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  columns: [
    nameColumn,
    column('Reference', (h) => `${h.spec?.scaleTargetRef?.kind ?? ''}/${h.spec?.scaleTargetRef?.name ?? ''}`),
    column('Targets', targetsText),
    column('MinPods', (h) => String(h.spec?.minReplicas ?? '<unset>')),
    column('MaxPods', (h) => h.spec?.maxReplicas ?? 0),
    column('Replicas', (h) => h.status?.currentReplicas ?? 0),
    ageColumn,
  ],
  subresources: [{ ...statusSubresource, validate: validateStatus }],
  setDefaults,
  validate,
  prepareForCreate(h) {
    h.status = { desiredReplicas: 0 };
  },
});

import type { V1ReplicaSet } from '@kubernetes/client-node';
import type { FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { templateColumns } from '../core-v1/pod-template-columns.ts';
import { defaultPodTemplate } from '../core-v1/pod-template-spec.ts';
import { immutable, nonNegative } from '../meta-v1/checks.ts';
import { ageColumn, nameColumn, numberColumn, wideColumn } from '../meta-v1/columns.ts';
import { selectorColumnText, selectorText } from '../meta-v1/label-selector-text.ts';
import { scaleSubresource } from '../meta-v1/scale.ts';
import { atMostCount, countErrors } from './workload-status.ts';
import { validateWorkload } from './workload-validation.ts';
import { workloadTemplateWarnings } from '../core-v1/pod-warnings.ts';
import { podNameWarnings } from './workload-warnings.ts';

export type ReplicaSet = Resource<V1ReplicaSet>;

function validate(rs: ReplicaSet): FieldError[] {
  const spec = rs.spec!;
  return [
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...validateWorkload(spec, { kind: 'deployment', owner: 'ReplicaSet' }),
  ];
}

const PARTS = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'];

function validateStatus({ status = { replicas: 0 } }: ReplicaSet): FieldError[] {
  return [
    ...countErrors(status, ['replicas', ...PARTS, 'observedGeneration', 'terminatingReplicas']),
    ...atMostCount(status, PARTS, 'replicas', 'status.replicas'),
    ...atMostCount(status, ['availableReplicas'], 'readyReplicas', 'readyReplicas'),
  ];
}

export const replicaSet = defineKind<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  namespaced: true,
  shortNames: ['rs'],
  categories: ['all'],
  columns: [
    nameColumn,
    numberColumn('Desired', (rs) => rs.spec?.replicas ?? 0),
    numberColumn('Current', (rs) => rs.status?.replicas ?? 0),
    numberColumn('Ready', (rs) => rs.status?.readyReplicas ?? 0),
    ageColumn,
    ...templateColumns<ReplicaSet>(),
    wideColumn('Selector', (rs) => selectorColumnText(rs.spec?.selector)),
  ],
  selectableFields: { 'status.replicas': (rs) => String(rs.status?.replicas ?? 0) },
  subresources: [
    scaleSubresource((rs) => selectorText(rs.spec?.selector), { group: 'apps', plural: 'replicasets/scale' }),
    { ...statusSubresource, validate: validateStatus },
  ],
  hasGeneration: true,
  setDefaults(rs) {
    const spec = (rs.spec ??= {} as NonNullable<ReplicaSet['spec']>);
    spec.replicas ??= 1;
    defaultPodTemplate(spec);
  },
  validate,
  validateUpdate: (now, old) => immutable('spec.selector', now.spec?.selector, old.spec?.selector),
  warnings: (rs, old) => [...(old ? [] : podNameWarnings(rs.metadata.name)), ...workloadTemplateWarnings(rs, old)],
  prepareForCreate(rs) {
    rs.status = { replicas: 0 };
  },
});

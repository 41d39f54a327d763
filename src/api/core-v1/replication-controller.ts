import type { V1ReplicationController } from '@kubernetes/client-node';
import { invalid, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { nonNegative } from '../meta-v1/checks.ts';
import { ageColumn, labelsText, nameColumn, numberColumn, wideColumn } from '../meta-v1/columns.ts';
import { scaleSubresource } from '../meta-v1/scale.ts';
import { workloadTemplateWarnings } from './pod-warnings.ts';
import { templateColumns } from './pod-template-columns.ts';
import { defaultPodTemplate, validateManagedTemplate } from './pod-template-spec.ts';

export type ReplicationController = Resource<V1ReplicationController>;

function setDefaults(rc: ReplicationController): void {
  const spec = (rc.spec ??= {});
  if (spec.template) defaultPodTemplate(spec);
  const labels = spec.template?.metadata?.labels;
  if (labels && !Object.keys(spec.selector ?? {}).length) spec.selector = { ...labels };
  if (labels && !Object.keys(rc.metadata.labels ?? {}).length) rc.metadata.labels = { ...labels };
  spec.replicas ??= 1;
}

type Labels = Readonly<Record<string, string>>;

/** The selector is compared as it stands: nothing else looks at whether its labels could be any. */
function validateSelected(selector: Labels, labels: Labels): FieldError[] {
  if (Object.entries(selector).every(([key, value]) => labels[key] === value)) return [];
  return [invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')];
}

function validate(rc: ReplicationController): FieldError[] {
  const spec = rc.spec!;
  return [
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...(Object.keys(spec.selector ?? {}).length > 0 ? [] : [required('spec.selector')]),
    ...nonNegative('spec.replicas', spec.replicas),
    ...(spec.template
      ? [
          ...validateSelected(spec.selector ?? {}, spec.template.metadata?.labels ?? {}),
          ...validateManagedTemplate(spec.template, {}, 'spec.template', 'ReplicationController'),
        ]
      : [required('spec.template')]),
  ];
}

/** No count is negative, and none is of more than there are. */
function validateStatus({ status }: ReplicationController): FieldError[] {
  const counts = [
    'replicas',
    'fullyLabeledReplicas',
    'readyReplicas',
    'availableReplicas',
    'observedGeneration',
  ] as const;
  const errors = counts.flatMap((name) => nonNegative(`status.${name}`, status?.[name]));
  const atMost = (
    few: 'fullyLabeledReplicas' | 'readyReplicas' | 'availableReplicas',
    many: 'replicas' | 'readyReplicas',
  ) => {
    const [a, b] = [status?.[few] ?? 0, status?.[many] ?? 0];
    if (a > b) errors.push(invalid(`status.${few}`, a, `cannot be greater than status.${many}`));
  };
  atMost('fullyLabeledReplicas', 'replicas');
  atMost('readyReplicas', 'replicas');
  atMost('availableReplicas', 'replicas');
  atMost('availableReplicas', 'readyReplicas');
  return errors;
}

export const replicationController = defineKind<ReplicationController>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  namespaced: true,
  shortNames: ['rc'],
  categories: ['all'],
  columns: [
    nameColumn,
    numberColumn('Desired', (rc) => rc.spec?.replicas ?? 0),
    numberColumn('Current', (rc) => rc.status?.replicas ?? 0),
    numberColumn('Ready', (rc) => rc.status?.readyReplicas ?? 0),
    ageColumn,
    ...templateColumns<ReplicationController>(),
    wideColumn('Selector', (rc) => labelsText(rc.spec?.selector)),
  ],
  selectableFields: { 'status.replicas': (rc) => String(rc.status?.replicas ?? 0) },
  subresources: [
    scaleSubresource((rc) => selectorOf(rc), { group: 'autoscaling', plural: 'replicationcontrollers/scale' }),
    { ...statusSubresource, validate: validateStatus },
  ],
  hasGeneration: true,
  defaultPropagation: 'Orphan',
  setDefaults,
  validate,
  warnings: workloadTemplateWarnings,
  prepareForCreate(rc) {
    rc.status = { replicas: 0 };
  },
});

function selectorOf(rc: ReplicationController): string {
  const text = labelsText(rc.spec?.selector);
  return text === '<none>' ? '' : text;
}

import type { V1Deployment } from '@kubernetes/client-node';
import { forbidden, invalid, notSupported, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { resolvePercent, type IntOrString } from '../../apimachinery/int-or-string.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { defaultPodTemplate } from '../core-v1/pod-template-spec.ts';
import { templateColumns } from '../core-v1/pod-template-columns.ts';
import { atMost100Percent, countOrPercent, immutable, nonNegative } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../meta-v1/columns.ts';
import { selectorColumnText, selectorText } from '../meta-v1/label-selector-text.ts';
import { scaleSubresource } from '../meta-v1/scale.ts';
import { atMostCount, collisionErrors, countErrors } from './workload-status.ts';
import { validateWorkload } from './workload-validation.ts';
import { workloadTemplateWarnings } from '../core-v1/pod-warnings.ts';
import { podNameWarnings } from './workload-warnings.ts';

export type Deployment = Resource<V1Deployment>;
export type DeploymentSpec = NonNullable<Deployment['spec']>;

/** Of the pods, how many may be missing and how many too many during a rolling update. */
const QUARTER = '25%';

function setDefaults(deployment: Deployment): void {
  const spec = (deployment.spec ??= {} as DeploymentSpec);
  defaultPodTemplate(spec);
  spec.replicas ??= 1;
  const strategy = (spec.strategy ??= {});
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.maxUnavailable ??= QUARTER;
    strategy.rollingUpdate.maxSurge ??= QUARTER;
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
}

function validate(deployment: Deployment): FieldError[] {
  const spec = deployment.spec!;
  return [
    ...nonNegative('spec.replicas', spec.replicas),
    ...validateWorkload(spec, { kind: 'deployment', owner: 'ReplicaSet' }),
    ...validateStrategy(spec.strategy ?? {}, 'spec.strategy'),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...validateDeadline(spec),
  ];
}

function validateDeadline(spec: DeploymentSpec): FieldError[] {
  const deadline = spec.progressDeadlineSeconds;
  if (deadline === undefined) return [];
  const errors = nonNegative('spec.progressDeadlineSeconds', deadline);
  if (deadline <= (spec.minReadySeconds ?? 0)) {
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  }
  return errors;
}

function validateStrategy(strategy: NonNullable<DeploymentSpec['strategy']>, field: string): FieldError[] {
  const at = path(field, 'rollingUpdate');
  if (strategy.type === 'Recreate') {
    if (!strategy.rollingUpdate) return [];
    return [forbidden(at, "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (strategy.type !== 'RollingUpdate') {
    return [notSupported(field, strategy.type, ['Recreate', 'RollingUpdate'])];
  }
  const { maxUnavailable = 0, maxSurge = 0 } = strategy.rollingUpdate ?? {};
  if (!strategy.rollingUpdate) return [required(at, 'this should be defaulted and never be nil')];
  const errors = [
    ...countOrPercent(path(at, 'maxUnavailable'), maxUnavailable),
    ...countOrPercent(path(at, 'maxSurge'), maxSurge),
  ];
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    errors.push(invalid(path(at, 'maxUnavailable'), maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  return [...errors, ...atMost100Percent(path(at, 'maxUnavailable'), maxUnavailable)];
}

const COUNTS = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'terminatingReplicas',
  'collisionCount',
];

function validateStatus(now: Deployment, old: Deployment): FieldError[] {
  const status = now.status ?? {};
  return [
    ...countErrors(status, COUNTS),
    ...atMostCount(status, ['updatedReplicas', 'readyReplicas', 'availableReplicas'], 'replicas', 'status.replicas'),
    ...atMostCount(status, ['availableReplicas'], 'readyReplicas', 'readyReplicas'),
    ...collisionErrors(status, old.status ?? {}),
  ];
}

function isZero(value: IntOrString): boolean {
  try {
    return resolvePercent(value, 100, 'up') === 0;
  } catch {
    return true;
  }
}

export const deployment = defineKind<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
  shortNames: ['deploy'],
  categories: ['all'],
  columns: [
    nameColumn,
    column('Ready', (d) => `${d.status?.readyReplicas ?? 0}/${d.spec?.replicas ?? 0}`),
    column('Up-to-date', (d) => d.status?.updatedReplicas ?? 0),
    column('Available', (d) => d.status?.availableReplicas ?? 0),
    ageColumn,
    ...templateColumns<Deployment>(),
    wideColumn('Selector', (d) => selectorColumnText(d.spec?.selector)),
  ],
  subresources: [
    scaleSubresource((d) => selectorText(d.spec?.selector), { group: 'apps', plural: 'deployments/scale' }),
    { ...statusSubresource, validate: validateStatus },
  ],
  hasGeneration: true,
  generationCounts: ['annotations'],
  setDefaults,
  validate,
  validateUpdate: (now, old) => immutable('spec.selector', now.spec?.selector, old.spec?.selector),
  warnings: (d, old) => [...(old ? [] : podNameWarnings(d.metadata.name)), ...workloadTemplateWarnings(d, old)],
  prepareForCreate(d) {
    d.status = {};
  },
  prepareForUpdate(d, old, { subresource }) {
    // Labels say to whom a deployment belongs: who may write its status alone does not choose them.
    if (subresource !== 'status') return;
    if (old.metadata.labels) d.metadata.labels = old.metadata.labels;
    else delete d.metadata.labels;
  },
});

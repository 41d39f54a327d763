import type { V1DaemonSet } from '@kubernetes/client-node';
import { invalid, notSupported, path, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { templateColumns } from '../core-v1/pod-template-columns.ts';
import { workloadTemplateWarnings } from '../core-v1/pod-warnings.ts';
import { defaultPodTemplate } from '../core-v1/pod-template-spec.ts';
import {
  atMost100Percent,
  countOrPercent,
  immutable,
  nonNegative,
  same,
  validateLabelSelector,
} from '../meta-v1/checks.ts';
import { ageColumn, column, labelsText, nameColumn, numberColumn, wideColumn } from '../meta-v1/columns.ts';
import { selectorColumnText } from '../meta-v1/label-selector-text.ts';
import { collisionErrors, countErrors } from './workload-status.ts';
import { isEmptySelector, validateTemplateOf } from './workload-validation.ts';

export type DaemonSet = Resource<V1DaemonSet>;
type Spec = NonNullable<DaemonSet['spec']>;

function setDefaults(set: DaemonSet): void {
  const spec = (set.spec ??= {} as Spec);
  defaultPodTemplate(spec);
  const strategy = (spec.updateStrategy ??= {});
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.maxUnavailable ??= 1;
    strategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
}

function validate(set: DaemonSet): FieldError[] {
  const spec = set.spec!;
  return [
    ...validateSelector(spec),
    ...validateTemplateOf(spec, 'DaemonSet'),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...validateStrategy(spec, 'spec.updateStrategy'),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  ];
}

/** One that is missing matches nothing: that is said of the template. */
function validateSelector({ selector }: Spec): FieldError[] {
  const errors = validateLabelSelector('spec.selector', selector);
  if (!isEmptySelector(selector)) return errors;
  return [...errors, invalid('spec.selector', selector, 'empty selector is invalid for daemonset')];
}

function validateStrategy(spec: Spec, field: string): FieldError[] {
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate') return [notSupported(field, type, ['RollingUpdate', 'OnDelete'])];
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
  const at = path(field, 'rollingUpdate');
  const [unavailable, surge] = [maxUnavailable, maxSurge].map((v) => v !== 0 && v !== '0%');
  return [
    ...countOrPercent(path(at, 'maxUnavailable'), maxUnavailable),
    ...countOrPercent(path(at, 'maxSurge'), maxSurge),
    ...atMost100Percent(path(at, 'maxUnavailable'), maxUnavailable),
    ...atMost100Percent(path(at, 'maxSurge'), maxSurge),
    ...(unavailable && surge
      ? [invalid(path(at, 'maxSurge'), maxSurge, 'may not be set when maxUnavailable is non-zero')]
      : []),
    ...(!unavailable && !surge
      ? [invalid(path(at, 'maxUnavailable'), maxUnavailable, 'cannot be 0 when maxSurge is 0')]
      : []),
  ];
}

/** Counts changes of the template. The field of the first versions lives on as an annotation. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

function setTemplateGeneration(set: DaemonSet, generation: string): void {
  set.metadata.annotations = { ...set.metadata.annotations, [TEMPLATE_GENERATION]: generation };
}

function keepTemplateGeneration(set: DaemonSet, old: DaemonSet): void {
  const before = old.metadata.annotations?.[TEMPLATE_GENERATION];
  if (before === undefined) return;
  const changed = !same(set.spec?.template, old.spec?.template);
  setTemplateGeneration(set, changed ? String(Number(before) + 1) : before);
}

const COUNTS = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
];

function validateStatus(now: DaemonSet, old: DaemonSet): FieldError[] {
  return [...countErrors(now.status ?? {}, COUNTS), ...collisionErrors(now.status ?? {}, old.status ?? {})];
}

export const daemonSet = defineKind<DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  namespaced: true,
  shortNames: ['ds'],
  categories: ['all'],
  columns: [
    nameColumn,
    numberColumn('Desired', (d) => d.status?.desiredNumberScheduled ?? 0),
    numberColumn('Current', (d) => d.status?.currentNumberScheduled ?? 0),
    numberColumn('Ready', (d) => d.status?.numberReady ?? 0),
    numberColumn('Up-to-date', (d) => d.status?.updatedNumberScheduled ?? 0),
    numberColumn('Available', (d) => d.status?.numberAvailable ?? 0),
    column('Node Selector', (d) => labelsText(d.spec?.template?.spec?.nodeSelector)),
    ageColumn,
    ...templateColumns<DaemonSet>(),
    wideColumn('Selector', (d) => selectorColumnText(d.spec?.selector)),
  ],
  subresources: [{ ...statusSubresource, validate: validateStatus }],
  hasGeneration: true,
  setDefaults,
  validate,
  warnings: workloadTemplateWarnings,
  validateUpdate: (now, old) => immutable('spec.selector', now.spec?.selector, old.spec?.selector),
  prepareForCreate(d) {
    d.status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
    setTemplateGeneration(d, '1');
  },
  prepareForUpdate: keepTemplateGeneration,
});

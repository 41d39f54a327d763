import type { V1StatefulSet } from '@kubernetes/client-node';
import { forbidden, invalid, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import { dns1123Label } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { defaultClaim } from '../core-v1/persistent-volume-claim.ts';
import { templateColumns } from '../core-v1/pod-template-columns.ts';
import { workloadTemplateWarnings } from '../core-v1/pod-warnings.ts';
import { defaultPodTemplate } from '../core-v1/pod-template-spec.ts';
import { atMost100Percent, checked, countOrPercent, nonNegative, oneOf, same } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { selectorText } from '../meta-v1/label-selector-text.ts';
import { scaleSubresource } from '../meta-v1/scale.ts';
import { atMostCount, collisionErrors, countErrors } from './workload-status.ts';
import { validateWorkload } from './workload-validation.ts';

export type StatefulSet = Resource<V1StatefulSet>;
type Spec = NonNullable<StatefulSet['spec']>;

/** What may change after creation. */
const CHANGEABLE = [
  ...(['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit'] as const),
  ...(['persistentVolumeClaimRetentionPolicy', 'minReadySeconds'] as const),
];
const CHANGE_FORBIDDEN =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', " +
  "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

function setDefaults(set: StatefulSet): void {
  const spec = (set.spec ??= {} as Spec);
  defaultPodTemplate(spec);
  spec.podManagementPolicy ||= 'OrderedReady';
  const strategy = (spec.updateStrategy ??= {});
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') strategy.rollingUpdate = { partition: 0, ...strategy.rollingUpdate };
  spec.persistentVolumeClaimRetentionPolicy = {
    whenDeleted: 'Retain',
    whenScaled: 'Retain',
    ...spec.persistentVolumeClaimRetentionPolicy,
  };
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  spec.serviceName ??= '';
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = 'v1';
    claim.kind = 'PersistentVolumeClaim';
    defaultClaim(claim);
  }
}

function validate(set: StatefulSet, old?: StatefulSet): FieldError[] {
  const spec = set.spec!;
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  const at = 'spec.persistentVolumeClaimRetentionPolicy';
  return [
    ...validateManagement(spec.podManagementPolicy),
    ...validateStrategy(spec),
    ...oneOf(`${at}.whenDeleted`, retention?.whenDeleted, ['Delete', 'Retain']),
    ...oneOf(`${at}.whenScaled`, retention?.whenScaled, ['Delete', 'Retain']),
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.ordinals.start', spec.ordinals?.start),
    ...validateWorkload(withClaims(spec), { kind: 'statefulset', owner: 'StatefulSet' }),
    ...validateServiceName(spec.serviceName, old?.spec?.serviceName),
  ];
}

function validateManagement(policy: string | undefined): FieldError[] {
  const field = 'spec.podManagementPolicy';
  if (!policy) return [required(field)];
  return ['OrderedReady', 'Parallel'].includes(policy)
    ? []
    : [invalid(field, policy, "must be 'OrderedReady' or 'Parallel'")];
}

/** It becomes part of host names. A set that has another kind of name keeps it. */
function validateServiceName(name: string | undefined, old: string | undefined): FieldError[] {
  return name && name !== old ? checked('spec.serviceName', name, dns1123Label) : [];
}

/** Claims of the set are volumes of its pods: mounts may name them. */
function withClaims(spec: Spec): Spec {
  const claims = (spec.volumeClaimTemplates ?? []).map((claim) => claim.metadata?.name ?? '');
  const podSpec = spec.template?.spec;
  if (claims.length === 0 || !podSpec) return spec;
  const own = (podSpec.volumes ?? []).filter((volume) => !claims.includes(volume.name));
  const volumes = [...own, ...claims.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }))];
  return { ...spec, template: { ...spec.template, spec: { ...podSpec, volumes } } };
}

function validateStrategy(spec: Spec): FieldError[] {
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  if (type === 'OnDelete' && rollingUpdate) {
    const detail = `only allowed for updateStrategy 'RollingUpdate'`;
    return [invalid('spec.updateStrategy.rollingUpdate', rollingUpdate, detail)];
  }
  if (!type) return [required('spec.updateStrategy')];
  if (type !== 'OnDelete' && type !== 'RollingUpdate') {
    return [invalid('spec.updateStrategy', spec.updateStrategy, "must be 'RollingUpdate' or 'OnDelete'")];
  }
  return [
    ...nonNegative('spec.updateStrategy.rollingUpdate.partition', rollingUpdate?.partition),
    ...validateUnavailable(rollingUpdate?.maxUnavailable),
  ];
}

function validateUnavailable(value: number | string | undefined): FieldError[] {
  const field = 'spec.updateStrategy.rollingUpdate.maxUnavailable';
  if (value === undefined) return [];
  const zero = value === 0 || value === '0%' ? [invalid(field, value, 'cannot be 0')] : [];
  return [...zero, ...countOrPercent(field, value), ...atMost100Percent(field, value)];
}

const PARTS = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'];

function validateStatus(now: StatefulSet, old: StatefulSet): FieldError[] {
  const status = now.status ?? {};
  return [
    ...countErrors(status, ['replicas', ...PARTS, 'observedGeneration', 'collisionCount']),
    ...atMostCount(status, PARTS, 'replicas', 'status.replicas'),
    ...atMostCount(status, ['availableReplicas'], 'readyReplicas', 'status.readyReplicas'),
    ...collisionErrors(status, old.status ?? {}),
  ];
}

function warnings(set: StatefulSet, old?: StatefulSet): string[] {
  const warnings = workloadTemplateWarnings(set, old);
  if ((set.spec?.revisionHistoryLimit ?? 0) >= 0) return warnings;
  return [
    ...warnings,
    'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
  ];
}

function validateUpdate(set: StatefulSet, old: StatefulSet): FieldError[] {
  const rest = { ...set.spec! };
  for (const field of CHANGEABLE) (rest as Record<string, unknown>)[field] = old.spec?.[field];
  return same(rest, old.spec) ? [] : [forbidden('spec', CHANGE_FORBIDDEN)];
}

export const statefulSet = defineKind<StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  namespaced: true,
  shortNames: ['sts'],
  categories: ['all'],
  columns: [
    nameColumn,
    column('Ready', (s) => `${s.status?.readyReplicas ?? 0}/${s.spec?.replicas ?? 0}`),
    ageColumn,
    ...templateColumns<StatefulSet>(),
  ],
  subresources: [
    scaleSubresource((s) => selectorText(s.spec?.selector)),
    { ...statusSubresource, validate: validateStatus },
  ],
  validateName: dns1123Label,
  hasGeneration: true,
  setDefaults,
  validate,
  validateUpdate,
  warnings,
  prepareForCreate(s) {
    s.status = { replicas: 0, availableReplicas: 0 };
  },
});

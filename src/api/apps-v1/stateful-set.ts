import type { V1StatefulSet } from '@kubernetes/client-node';
import { forbidden, invalid, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { defaultClaim } from '../core-v1/persistent-volume-claim.ts';
import { templateColumns } from '../core-v1/pod-template-columns.ts';
import { defaultPodTemplate } from '../core-v1/pod-template-spec.ts';
import { nonNegative, oneOf, requiredOneOf, same } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { selectorText } from '../meta-v1/label-selector-text.ts';
import { scaleSubresource } from '../meta-v1/scale.ts';
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

function validate(set: StatefulSet): FieldError[] {
  const spec = set.spec!;
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  const at = 'spec.persistentVolumeClaimRetentionPolicy';
  return [
    ...requiredOneOf('spec.podManagementPolicy', spec.podManagementPolicy, ['OrderedReady', 'Parallel']),
    ...validateStrategy(spec),
    ...oneOf(`${at}.whenDeleted`, retention?.whenDeleted, ['Delete', 'Retain']),
    ...oneOf(`${at}.whenScaled`, retention?.whenScaled, ['Delete', 'Retain']),
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.ordinals.start', spec.ordinals?.start),
    ...validateWorkload(withClaims(spec), { kind: 'statefulset', owner: 'StatefulSet' }),
  ];
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
  if (type !== 'OnDelete' && type !== 'RollingUpdate') {
    return [invalid('spec.updateStrategy', spec.updateStrategy, "must be 'RollingUpdate' or 'OnDelete'")];
  }
  return nonNegative('spec.updateStrategy.rollingUpdate.partition', rollingUpdate?.partition);
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
  subresources: [scaleSubresource((s) => selectorText(s.spec?.selector)), statusSubresource],
  hasGeneration: true,
  setDefaults,
  validate,
  validateUpdate,
  prepareForCreate(s) {
    s.status = { replicas: 0, availableReplicas: 0 };
  },
});

import type { V1beta2DeviceTaintRule } from '@kubernetes/client-node';
import type { FieldError } from '../../apimachinery/field-error.ts';
import { bareStatusSubresource, defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { ageColumn, nameColumn } from '../meta-v1/columns.ts';
import { validateConditions } from '../meta-v1/condition-validation.ts';
import { deviceName, driverName, poolName } from '../resource-v1/device-names.ts';
import { stampTaint, validateTaint } from '../resource-v1/device-taints.ts';

export type DeviceTaintRule = Resource<V1beta2DeviceTaintRule>;

function validate({ spec }: DeviceTaintRule): FieldError[] {
  const { driver, pool, device } = spec?.deviceSelector ?? {};
  return [
    ...(driver === undefined ? [] : driverName('spec.deviceSelector.driver', driver)),
    ...(pool === undefined ? [] : poolName('spec.deviceSelector.pool', pool)),
    ...(device === undefined ? [] : deviceName('spec.deviceSelector.device', device)),
    ...validateTaint(spec?.taint ?? {}, 'spec.taint'),
  ];
}

/** Another effect is as new as its change. */
function prepareForUpdate(rule: DeviceTaintRule, old: DeviceTaintRule, { now }: { now: number }): void {
  const [taint, before] = [rule.spec?.taint, old.spec?.taint];
  if (!taint) return;
  if (taint.effect !== before?.effect && taint.timeAdded === before?.timeAdded) taint.timeAdded = formatTime(now);
  stampTaint(taint, now);
}

export const deviceTaintRule = defineKind<DeviceTaintRule>({
  group: 'resource.k8s.io',
  version: 'v1beta2',
  kind: 'DeviceTaintRule',
  plural: 'devicetaintrules',
  returnsDeleted: true,
  namespaced: false,
  subresources: [
    { ...bareStatusSubresource, validate: ({ status }) => validateConditions('status.conditions', status?.conditions) },
  ],
  hasGeneration: true,
  columns: [nameColumn, ageColumn],
  validate,
  prepareForCreate({ spec }, { now }) {
    if (spec?.taint) stampTaint(spec.taint, now);
  },
  prepareForUpdate,
});

import type { V1ResourceSlice } from '@kubernetes/client-node';
import { invalid, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { immutable } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { boundedSet, driverName, poolName } from './device-names.ts';
import { validatePlace } from './device-places.ts';
import { stampTaint } from './device-taints.ts';
import { validateCounterSets, validateDevice } from './device-validation.ts';

export type ResourceSlice = Resource<V1ResourceSlice>;
type Spec = ResourceSlice['spec'];

function nodeText({ spec }: ResourceSlice): string {
  if (spec?.nodeName) return spec.nodeName;
  return spec?.allNodes ? '<all>' : '<some>';
}

const MOST = { devices: 128, devicesWithTaints: 64 };

function validate({ spec }: ResourceSlice): FieldError[] {
  const { devices = [], sharedCounters = [], driver, pool } = fieldsOf(spec);
  const special = devices.some((device) => device.taints?.length || device.consumesCounters?.length);
  const placed = spec?.perDeviceNodeSelection === true;
  const errors = [
    ...validatePlace(fieldsOf(spec), 'spec', ['nodeName', 'nodeSelector', 'allNodes', 'perDeviceNodeSelection']),
    ...driverName('spec.driver', driver),
    ...validatePool(pool),
    ...boundedSet(
      'spec.devices',
      devices,
      special ? MOST.devicesWithTaints : MOST.devices,
      (device, at) => validateDevice(device, placed, at),
      (device) => device.name,
      'name',
    ),
    ...validateCounterSets(sharedCounters, 'spec.sharedCounters'),
  ];
  if (devices.length === 0 || sharedCounters.length === 0) return errors;
  return [
    ...errors,
    invalid('spec', '{`devices`, `sharedCounters`}', 'only one of `devices` or `sharedCounters` is allowed'),
  ];
}

function fieldsOf(spec: Spec | undefined): Partial<Spec> {
  return spec ?? {};
}

function validatePool(pool: Partial<Spec['pool']> = {}): FieldError[] {
  const { generation = 0, resourceSliceCount: count = 0 } = pool;
  return [
    ...poolName('spec.pool.name', pool.name),
    ...(count <= 0 ? [invalid('spec.pool.resourceSliceCount', count, 'must be greater than zero')] : []),
    ...(generation < 0 ? [invalid('spec.pool.generation', generation, 'must be greater than or equal to zero')] : []),
  ];
}

/** Taints say since when they are there. */
function stampTaints({ spec }: ResourceSlice, now: number): void {
  for (const device of spec?.devices ?? []) for (const taint of device.taints ?? []) stampTaint(taint, now);
}

export const resourceSlice = defineKind<ResourceSlice>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  returnsDeleted: true,
  namespaced: false,
  hasGeneration: true,
  columns: [
    nameColumn,
    column('Node', nodeText),
    column('Driver', (s) => s.spec?.driver ?? ''),
    column('Pool', (s) => s.spec?.pool?.name ?? ''),
    ageColumn,
  ],
  validate,
  validateUpdate: (now, old) => [
    ...immutable('spec.driver', now.spec?.driver, old.spec?.driver),
    ...immutable('spec.pool.name', now.spec?.pool?.name, old.spec?.pool?.name),
    ...immutable('spec.nodeName', now.spec?.nodeName, old.spec?.nodeName),
  ],
  prepareForCreate: (s, { now }) => stampTaints(s, now),
  prepareForUpdate: (s, _old, { now }) => stampTaints(s, now),
  selectableFields: { 'spec.nodeName': (s) => s.spec?.nodeName ?? '', 'spec.driver': (s) => s.spec?.driver ?? '' },
});

import type { V1CSINode } from '@kubernetes/client-node';
import { invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { checked, noDuplicates, nonNegative, same } from '../meta-v1/checks.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ageColumn, nameColumn, numberColumn } from '../meta-v1/columns.ts';
import { driverName } from './driver-name.ts';

export type CSINode = Resource<V1CSINode>;

type Driver = CSINode['spec']['drivers'][number];

const LONGEST_ID = 256;

function validate({ spec }: CSINode): FieldError[] {
  const drivers = spec?.drivers ?? [];
  return [
    ...drivers.flatMap((driver, i) => validateDriver(driver, path('spec.drivers', i))),
    ...noDuplicates(drivers.map((driver, i) => [`spec.drivers[${i}].name`, driver.name] as const)),
  ];
}

function validateDriver(driver: Partial<Driver>, at: string): FieldError[] {
  const { nodeID = '', topologyKeys = [] } = driver;
  return [
    ...driverName(path(at, 'name'), driver.name),
    ...(nodeID ? [] : [required(path(at, 'nodeID'))]),
    ...(nodeID.length > LONGEST_ID ? [invalid(path(at, 'nodeID'), nodeID, 'must be 256 characters or less')] : []),
    ...nonNegative(path(at, 'allocatable', 'count'), driver.allocatable?.count),
    ...topologyKeys.flatMap((key) =>
      key ? checked(path(at, 'topologyKeys'), key, qualifiedName) : [required(path(at, 'topologyKeys'))],
    ),
    ...noDuplicates(topologyKeys.map((key) => [path(at, 'topologyKeys'), key] as const)),
  ];
}

/** Drivers come and go as a whole; only how many volumes they can still take changes. */
function validateUpdate(now: CSINode, old: CSINode): FieldError[] {
  const before = new Map((old.spec?.drivers ?? []).map((driver) => [driver.name, driver]));
  const fixed = (driver: Driver) => ({ ...driver, allocatable: undefined });
  const changed = (now.spec?.drivers ?? []).some((driver) => {
    const known = before.get(driver.name);
    return known && !same(fixed(driver), fixed(known));
  });
  return changed ? [invalid('spec.drivers', now.spec.drivers, 'field is immutable')] : [];
}

export const csiNode = defineKind<CSINode>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  returnsDeleted: true,
  versionedUpdate: true,
  namespaced: false,
  columns: [nameColumn, numberColumn('Drivers', (n) => n.spec?.drivers?.length ?? 0), ageColumn],
  validate,
  validateUpdate,
});

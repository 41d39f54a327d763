import type { V1CSINode } from '@kubernetes/client-node';
import { noDuplicates, requiredText } from '../meta-v1/checks.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ageColumn, nameColumn, numberColumn } from '../meta-v1/columns.ts';

export type CSINode = Resource<V1CSINode>;

export const csiNode = defineKind<CSINode>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  returnsDeleted: true,
  versionedUpdate: true,
  namespaced: false,
  columns: [nameColumn, numberColumn('Drivers', (n) => n.spec?.drivers?.length ?? 0), ageColumn],
  validate(n) {
    const drivers = n.spec?.drivers ?? [];
    return [
      ...drivers.flatMap((driver, i) => [
        ...requiredText(`spec.drivers[${i}].name`, driver.name),
        ...requiredText(`spec.drivers[${i}].nodeID`, driver.nodeID),
      ]),
      ...noDuplicates(drivers.map((driver, i) => [`spec.drivers[${i}].name`, driver.name] as const)),
    ];
  },
});

import type { V1CSIStorageCapacity } from '@kubernetes/client-node';
import { immutable, requiredText, validateLabelSelector } from '../meta-v1/checks.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { column, nameColumn } from '../meta-v1/columns.ts';
import { canonicalizeField } from '../meta-v1/quantities.ts';

export type CSIStorageCapacity = Resource<V1CSIStorageCapacity>;

export const csiStorageCapacity = defineKind<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  namespaced: true,
  columns: [
    nameColumn,
    column('StorageClassName', (c) => c.storageClassName ?? ''),
    column('Capacity', (c) => c.capacity ?? '<unset>'),
  ],
  setDefaults(c) {
    canonicalizeField(c, 'capacity');
    canonicalizeField(c, 'maximumVolumeSize');
  },
  validate: (c) => [
    ...requiredText('storageClassName', c.storageClassName),
    ...validateLabelSelector('nodeTopology', c.nodeTopology),
  ],
  validateUpdate: (now, old) => [
    ...immutable('nodeTopology', now.nodeTopology, old.nodeTopology),
    ...immutable('storageClassName', now.storageClassName, old.storageClassName),
  ],
});

import type { V1CSIStorageCapacity } from '@kubernetes/client-node';
import { invalid, type FieldError } from '../../apimachinery/field-error.ts';
import { checked, immutable, NOT_NEGATIVE, validateLabelSelector } from '../meta-v1/checks.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { dns1123Subdomain } from '../../apimachinery/names.ts';
import { isQuantity, parseQuantity, zeroQuantity } from '../../apimachinery/quantity.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { column, nameColumn } from '../meta-v1/columns.ts';
import { canonicalizeField } from '../meta-v1/quantities.ts';

export type CSIStorageCapacity = Resource<V1CSIStorageCapacity>;

function notBelowZero(field: string, quantity: string | undefined): FieldError[] {
  const negative = isQuantity(quantity) && parseQuantity(quantity!).compare(zeroQuantity) < 0;
  return negative ? [invalid(field, quantity, NOT_NEGATIVE)] : [];
}

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
    ...validateLabelSelector('nodeTopology', c.nodeTopology),
    ...checked('storageClassName', c.storageClassName ?? '', dns1123Subdomain),
    ...(['capacity', 'maximumVolumeSize'] as const).flatMap((field) => notBelowZero(field, c[field])),
  ],
  validateUpdate: (now, old) => [
    ...immutable('nodeTopology', now.nodeTopology, old.nodeTopology),
    ...immutable('storageClassName', now.storageClassName, old.storageClassName),
  ],
});

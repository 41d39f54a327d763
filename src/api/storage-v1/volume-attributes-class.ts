import type { V1VolumeAttributesClass } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { immutable, requiredText } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type VolumeAttributesClass = Resource<V1VolumeAttributesClass>;

export const volumeAttributesClass = defineKind<VolumeAttributesClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  returnsDeleted: true,
  namespaced: false,
  shortNames: ['vac'],
  columns: [nameColumn, column('DriverName', (c) => c.driverName ?? ''), ageColumn],
  validate: (c) => requiredText('driverName', c.driverName),
  validateUpdate: (now, old) => [
    ...immutable('driverName', now.driverName, old.driverName),
    ...immutable('parameters', now.parameters, old.parameters),
  ],
});

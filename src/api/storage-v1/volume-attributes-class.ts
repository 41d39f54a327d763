import type { V1VolumeAttributesClass } from '@kubernetes/client-node';
import { forbidden } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { same } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { driverName } from './driver-name.ts';
import { validateParameters } from './parameters.ts';

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
  validate: (c) => [...driverName('driverName', c.driverName), ...validateParameters(c.parameters, true)],
  validateUpdate: (now, old) => [
    ...(now.driverName === old.driverName ? [] : [forbidden('driverName', 'updates to driverName are forbidden.')]),
    ...(same(now.parameters ?? {}, old.parameters ?? {})
      ? []
      : [forbidden('parameters', 'updates to parameters are forbidden.')]),
  ],
});

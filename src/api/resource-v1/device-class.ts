import type { V1DeviceClass } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ageColumn, nameColumn } from '../meta-v1/columns.ts';

export type DeviceClass = Resource<V1DeviceClass>;

export const deviceClass = defineKind<DeviceClass>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  returnsDeleted: true,
  namespaced: false,
  hasGeneration: true,
  columns: [nameColumn, ageColumn],
});

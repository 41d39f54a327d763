import type { V1beta2DeviceTaintRule } from '@kubernetes/client-node';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ageColumn, nameColumn } from '../meta-v1/columns.ts';

export type DeviceTaintRule = Resource<V1beta2DeviceTaintRule>;

export const deviceTaintRule = defineKind<DeviceTaintRule>({
  group: 'resource.k8s.io',
  version: 'v1beta2',
  kind: 'DeviceTaintRule',
  plural: 'devicetaintrules',
  returnsDeleted: true,
  namespaced: false,
  subresources: [statusSubresource],
  hasGeneration: true,
  columns: [nameColumn, ageColumn],
});

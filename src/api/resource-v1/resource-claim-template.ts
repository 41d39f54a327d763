import type { V1ResourceClaimTemplate } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ageColumn, nameColumn } from '../meta-v1/columns.ts';

export type ResourceClaimTemplate = Resource<V1ResourceClaimTemplate>;

export const resourceClaimTemplate = defineKind<ResourceClaimTemplate>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
  returnsDeleted: true,
  namespaced: true,
  columns: [nameColumn, ageColumn],
});
